"""How long a person waits on the studio's page, from Enter to the picture.

    python benchmarks/studio_answers.py

Chromium types sentences into the tab Talk of a studio that has warmed up. Needs the
extras `studio` and `test`, and Debian's `chromium`.
"""

import json
import shutil
import statistics
import time

from playwright import sync_api

from aigc_keras.studio import Library
from aigc_keras.studio.page import make_page, serve_page

COLOURS = ("red", "blue", "green", "yellow", "orange", "purple")
SHAPES = ("circle", "star", "ring", "square")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def wait_times(address, sentences):
    """Return the seconds from Enter to a new picture, one a sentence.

    Args:
        address: str, of a studio whose models are loaded.
        sentences: Sequence of str, each of which draws.
    """
    seconds = []
    with sync_api.sync_playwright() as drive:
        browser = drive.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
        )
        page = browser.new_page()
        page.goto(address)
        box = page.locator("#sentence textarea, #sentence input")
        for number, sentence in enumerate(sentences):
            box.fill(sentence)
            begun = time.perf_counter()
            box.press("Enter")
            page.locator("#conversation img").nth(number).wait_for()
            seconds.append(time.perf_counter() - begun)
        browser.close()
    return seconds


def main():
    """Print the first wait, and the median and the longest of the others."""
    library = Library(["scenes_64"])
    page = make_page(library)
    _, address, _ = serve_page(page, None, prevent_thread_lock=True)
    library.warm_up()
    sentences = [f"draw a large {c} {s}" for s in SHAPES for c in COLOURS]
    seconds = wait_times(address, sentences)
    page.close(verbose=False)
    result = {
        "first_answer_s": seconds[0],
        "later_median_s": statistics.median(seconds[1:]),
        "later_longest_s": max(seconds[1:]),
    }
    print(json.dumps({name: round(value, 2) for name, value in result.items()}))


if __name__ == "__main__":
    main()
