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
    names = list(rows[0][1])
    width = max(len(row[0]) for row in rows)
    widths = [max(6, len(name)) for name in names]
    cells = zip(names, widths, strict=True)
    lines = [" " * width + "  " + "  ".join(f"{n:>{w}}" for n, w in cells)]
    for title, figures in rows:
        cells = zip(names, widths, strict=True)
        values = "  ".join(f"{figures[n]:>{w}.3f}" for n, w in cells)
        lines.append(f"{title:<{width}}  {values}")
    return lines + [f"{name} {value:.3g}" for name, value in variety.items()]
