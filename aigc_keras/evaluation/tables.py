"""Prints figures as plain-text tables."""


def alignment_table(result):
    """Return the lines of a table of an evaluation.

    Args:
        result: Dict as `evaluate_gan` returns it.

    Returns:
        List of str.
    """
    rows = []
    variety = result.get("variety", {})
    for split, by_language in result.items():
        if split == "variety":
            continue
        if "losses" in by_language:
            rows.append((split, by_language["losses"]))
        else:
            rows += [
                (f"{split} {language}", figures["alignment"])
                for language, figures in by_language.items()
            ]
    lines = figures_table(dict(rows))
    return lines + [f"{name} {value:.3g}" for name, value in variety.items()]


def figures_table(result):
    """Return the lines of a table of figures, a row each of `{row: {name: float}}`."""
    names = list(next(iter(result.values())))
    widths = [max(6, len(name)) for name in names]
    wide = max(map(len, result))
    cells = zip(names, widths, strict=True)
    lines = [" " * wide + "  " + "  ".join(f"{n:>{w}}" for n, w in cells)]
    for title, figures in result.items():
        cells = zip(names, widths, strict=True)
        values = "  ".join(f"{figures[n]:>{w}.3f}" for n, w in cells)
        lines.append(f"{title:<{wide}}  {values}")
    return lines
