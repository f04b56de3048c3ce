"""Prints figures as plain-text tables."""

# A confusion matrix of more classes is too wide to print.
MOST_COLUMNS = 20


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


def repair_table(result):
    """Return the lines of a table of what `measure_repair` returned."""
    holes = result["holes"]
    rows = {
        f"{stage}, {way}": figures
        for stage, by_way in result.items()
        if stage != "holes"
        for way, figures in by_way.items()
    }
    return [
        *figures_table(rows),
        f"{holes['missing']:.3f} of a picture missing; "
        f"{holes['telling']:.3f} of the holes hide something of the object",
    ]


def result_tables(result):
    """Return the figures of an evaluation as tables.

    Args:
        result: Dict as `evaluate_suite` returns it.

    Returns:
        List of `(title, columns, rows)`; a row is its name and its cells, all str.
    """
    tables = []
    for split, by_language in result.get("alignment", {}).items():
        nested = {
            name: figures.get("alignment", figures)
            for name, figures in by_language.items()
            if isinstance(figures, dict)
        }
        title = f"Alignment, {split}"
        tables.append(_table(title, nested or {"drawings": by_language}))
        categories = {
            name: figures["categories"]
            for name, figures in by_language.items()
            if isinstance(figures, dict) and "categories" in figures
        }
        if categories:
            tables.append(_table(f"By task, {split}", categories))
    if "distribution" in result:
        tables.append(_table("Distribution", result["distribution"]["figures"]))
    if "matching" in result:
        tables.append(_table("Pictures and captions", result["matching"]))
    if "memorisation" in result:
        by_way = {
            name: {k: v for k, v in figures.items() if k != "nearest"}
            for name, figures in result["memorisation"].items()
        }
        tables.append(_table("Memorisation", by_way))
    if "language" in result:
        tables.append(_table("The captions drawn", {"captions": result["language"]}))
    if "recognition" in result:
        tables += recognition_tables(result["recognition"])
    return tables


def recognition_tables(figures):
    """Return what `measure_recognition` returned as tables; see `result_tables`."""
    tables = []
    if "ways" in figures:
        tables.append(_table("Recognition", figures["ways"]))
        names = ("precision", "recall", "f1", "support")
        rows = [
            (row["name"], [_cell(row[name]) for name in names])
            for row in figures["by_class"]
        ]
        tables.append(("Recognition by class", names, rows))
    return [*tables, _table("Real or drawn", {"realness": figures["detection"]})]


def confusion_table(figures):
    """Return the confusion matrix as a table, or of many classes what is in it most.

    Args:
        figures: Dict as `measure_recognition` returns it, with labels.
    """
    names = [row["name"] for row in figures["by_class"]]
    matrix = figures["confusion"]
    if len(names) <= MOST_COLUMNS:
        rows = [
            (name, [str(number) for number in numbers])
            for name, numbers in zip(names, matrix, strict=True)
        ]
        return "Confusion: rows true, columns recognised", names, rows
    wrong = [
        (matrix[true][said], f"{names[true]} as {names[said]}")
        for true in range(len(names))
        for said in range(len(names))
        if true != said and matrix[true][said]
    ]
    wrong.sort(key=lambda pair: -pair[0])
    rows = [(text, [str(number)]) for number, text in wrong[:MOST_COLUMNS]]
    return "Most frequent confusions", ["pictures"], rows


def recognition_lines(figures):
    """Return the lines of what `measure_recognition` returned."""
    tables = recognition_tables(figures)
    if "confusion" in figures:
        tables.insert(2, confusion_table(figures))
    return _lines(tables)


def _table(title, by_row):
    columns = list(dict.fromkeys(name for row in by_row.values() for name in row))
    rows = [
        (name, [_cell(figures.get(column)) for column in columns])
        for name, figures in by_row.items()
    ]
    return title, columns, rows


def _cell(value):
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def suite_tables(result):
    """Return the lines of an evaluation by `evaluate_suite`."""
    lines = _lines(result_tables(result))
    lines += result.get("distribution", {}).get("warnings", [])
    cost = result["cost"]
    lines += [f"{cost['seconds']} s, at most {cost['peak_memory_mb']:,} MB of memory"]
    return lines


def compare_tables(results):
    """Return the lines of several evaluations, a figure a row, a model a column.

    Args:
        results: Dict from a model's name to what `evaluate_suite` returned of it.
    """
    figures = {}
    for model, result in results.items():
        for title, columns, rows in result_tables(result):
            for name, cells in rows:
                for column, cell in zip(columns, cells, strict=True):
                    row = figures.setdefault((title, f"{name} {column}"), {})
                    row[model] = cell
    lines = [["", *results]]
    lines += [
        [f"{title}: {name}", *(row.get(model, "") for model in results)]
        for (title, name), row in figures.items()
    ]
    return _aligned(lines)


def _lines(tables):
    lines = []
    for title, columns, rows in tables:
        cells = [["", *columns], *([name, *row] for name, row in rows)]
        lines += ["", title, *_aligned(cells)]
    return lines[1:]


def _aligned(rows):
    """Return rows of str as lines, the first column to the left, the others not."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
