"""Each tab of the page, driven in Chromium as a person would."""

import re
import shutil
import time

import pytest
from PIL import Image

from aigc_keras.datasets.shapes import render
from aigc_keras.studio import Library
from aigc_keras.studio.page import make_page, serve_page
from aigc_keras.studio.training_process import TrainingProcess
from aigc_keras.training import RunFolder

pytestmark = [
    pytest.mark.slow,
    # What Gradio itself leaves open.
    pytest.mark.filterwarnings("ignore"),
]
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
# Long: a run that begins imports TensorFlow and trains its text side.
PATIENCE = 240_000


@pytest.fixture(scope="module")
def process():
    process = TrainingProcess()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def address(process):
    library = Library(["shapes_64", "scenes_64"])
    page = make_page(library, process=process)
    _, address, _ = serve_page(page, None, prevent_thread_lock=True)
    library.warm_up()
    yield address
    page.close(verbose=False)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no /usr/bin/chromium (Debian's package chromium)")
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=[1100], ids=["wide"])
def page(request, browser, address):
    """The page; errors on the console and requests to elsewhere fail the test."""
    page = browser.new_page(viewport={"width": request.param, "height": 1000})
    page.set_default_timeout(PATIENCE)
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
    page.on("request", lambda r: _is_elsewhere(r.url) and wrong.append(r.url))
    page.goto(address)
    page.wait_for_selector("#sentence")
    yield page
    page.close()
    assert wrong == []


def _is_elsewhere(url):
    return not re.match(r"(data|blob):|https?://(127\.0\.0\.1|localhost)[:/]", url)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A file of a picture that the models know: a large red circle."""
    path = tmp_path_factory.mktemp("pictures") / "circle.png"
    for index in range(1000):
        image, scene, _ = render.make_example(f"studio/{index}", image_size=64)
        (thing,) = scene.objects
        if (thing.colour, thing.shape) == ("red", "circle"):
            Image.fromarray(image).save(path)
            return str(path)
    raise AssertionError("no red circle")


def open_tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def shown_pictures(page, place):
    """Return the addresses of the pictures that are shown in an element."""
    return page.locator(f"{place} img").evaluate_all("all => all.map(i => i.src)")


def wait_for(condition):
    """Wait until something is true, and return it."""
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def say(page, sentence):
    box = page.locator("#sentence textarea, #sentence input")
    box.fill(sentence)
    box.press("Enter")


def test_one_talks_by_keyboard_alone(page, picture, tmp_path):
    # The field has the focus from the beginning.
    page.keyboard.type("draw a large red circle")
    page.keyboard.press("Enter")
    first = wait_for(lambda: shown_pictures(page, "#conversation"))
    say(page, "make it blue")
    wait_for(lambda: len(shown_pictures(page, "#conversation")) > len(first))
    assert "blue circle" in page.locator("#conversation").inner_text()
    say(page, "what colour is it")
    wait_for(lambda: "it is blue" in page.locator("#conversation").inner_text())
    press(page, "Undo")
    wait_for(lambda: "back again" in page.locator("#conversation").inner_text())
    press(page, "Four more")
    wait_for(lambda: len(shown_pictures(page, "#variations")) == 4)
    page.locator("#variations img").nth(2).click()
    wait_for(lambda: "number 3" in page.locator("#conversation").inner_text())
    with page.expect_file_chooser() as chosen:
        page.locator("#talk_upload").click()
    chosen.value.set_files(picture)
    wait_for(lambda: "I see" in page.locator("#conversation").inner_text())
    page.screenshot(path=tmp_path / "talk.png")


def test_captions_are_drawn_and_imagined(page, tmp_path):
    open_tab(page, "Draw")
    box = page.locator("#caption textarea, #caption input")
    box.fill("a large red star at the top of a grey background")
    box.press("Enter")
    drawn = wait_for(lambda: shown_pictures(page, "#pictures"))
    assert len(drawn) == 4
    page.screenshot(path=tmp_path / "draw.png")
    press(page, "Imagine for me")
    wait_for(lambda: shown_pictures(page, "#pictures") not in ([], drawn))


def test_a_picture_is_changed_and_mended(page, picture, tmp_path):
    open_tab(page, "Change")
    # Gradio's editor loses a picture that comes before its canvas is there, and has
    # something to undo once it is drawn.
    page.locator("#to_change canvas").first.wait_for()
    page.locator("#to_change input[type=file]").first.set_input_files(picture)
    page.locator("#to_change button[aria-label='Undo']:enabled").wait_for()
    box = page.locator("#change_sentence textarea, #change_sentence input")
    box.fill("make it blue")
    box.press("Enter")
    changed = wait_for(lambda: shown_pictures(page, "#before_after"))
    page.screenshot(path=tmp_path / "change.png")
    shows = page.locator("#shows textarea, #shows input")
    assert "blue" in shows.input_value()
    page.locator("#to_change button[aria-label='Brush']").first.click()
    canvas = page.locator("#to_change canvas").first.bounding_box()
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    page.mouse.move(x - 15, y)
    page.mouse.down()
    page.mouse.move(x + 15, y, steps=8)
    page.mouse.up()
    page.wait_for_timeout(1500)
    press(page, "Fill what is painted")
    wait_for(lambda: shown_pictures(page, "#before_after") not in ([], changed))


def test_a_picture_is_described_and_recognised(page, picture, tmp_path):
    open_tab(page, "Describe & recognise")
    page.locator("#to_describe input[type=file]").set_input_files(picture)
    wait_for(lambda: shown_pictures(page, "#to_describe"))
    press(page, "Describe")
    said = page.locator("#description textarea, #description input")
    wait_for(lambda: "red circle" in said.input_value())
    page.get_by_label("Captions to choose from").fill("a red circle, a blue star")
    press(page, "Recognise")
    wait_for(lambda: "a red circle" in page.locator("#likeliest").inner_text())
    page.screenshot(path=tmp_path / "describe.png")


def test_two_models_draw_side_by_side(page, tmp_path):
    open_tab(page, "Compare")
    box = page.locator("#both_draw textarea, #both_draw input")
    box.fill("a small blue square on the left of a grey background")
    box.press("Enter")
    first = wait_for(lambda: shown_pictures(page, "#first_pictures"))
    second = wait_for(lambda: shown_pictures(page, "#second_pictures"))
    assert len(first) == len(second) == 4
    page.screenshot(path=tmp_path / "compare.png")


def test_a_run_is_started_watched_stopped_and_resumed(
    page, labelled_folder, tmp_path, monkeypatch
):
    # What the run prepares and exports lies beside it.
    monkeypatch.chdir(tmp_path)
    open_tab(page, "Train")
    run = tmp_path / "run"
    _choose(page, "Data set", "captioned_folder")
    _choose(page, "Preset", "tiny_32")
    page.locator("#data_dir textarea, #data_dir input").fill(str(labelled_folder))
    page.locator("#steps input").fill("150")
    page.locator("#run textarea, #run input").fill(str(run))
    press(page, "Start or resume")
    state = page.locator("#state textarea, #state input")
    wait_for(lambda: "running" in state.input_value())
    wait_for(lambda: (run / "metrics.jsonl").is_file())
    press(page, "Stop")
    wait_for(lambda: "not running" in state.input_value())
    press(page, "Start or resume")
    wait_for(lambda: re.search(r"done, step 150", _look(page, state)))
    assert RunFolder(run).read_config().preset == "tiny_32"
    wait_for(lambda: shown_pictures(page, "#samples"))
    strokes = "all => all.map(path => path.getAttribute('stroke'))"
    curves = wait_for(lambda: page.locator(".mark-line path").evaluate_all(strokes))
    # Gradio draws a curve in no colour when its first table was empty.
    assert len(curves) == 5 and all(curves)
    page.screenshot(path=tmp_path / "train.png")


def _choose(page, label, name):
    page.get_by_label(label).fill(name)
    page.get_by_role("option", name=name, exact=True).click()


def _look(page, state):
    press(page, "Look")
    page.wait_for_timeout(1000)
    return state.input_value()


@pytest.mark.parametrize("page", [390], indirect=True, ids=["narrow"])
def test_on_a_telephone_in_chinese(page, tmp_path):
    page.locator("#language").get_by_text("中文").click()
    page.get_by_role("button", name="发送", exact=True).wait_for()
    say(page, "画一个红色的大圆形")
    wait_for(lambda: shown_pictures(page, "#conversation"))
    assert "红色的大圆形" in page.locator("#conversation").inner_text()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.screenshot(path=tmp_path / "narrow.png")


def test_what_is_wrong_is_one_line_and_the_picture_stays(page):
    say(page, "draw a large red circle")
    first = wait_for(lambda: shown_pictures(page, "#conversation"))
    say(page, "x" * 5000)
    page.get_by_text(re.compile("Received")).first.wait_for()
    assert shown_pictures(page, "#conversation") == first


def test_a_file_that_is_no_picture_is_refused(page, tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG but not really")
    open_tab(page, "Describe & recognise")
    page.locator("#to_describe input[type=file]").set_input_files(str(path))
    press(page, "Describe")
    page.get_by_text(re.compile("cannot identify|Received")).first.wait_for()
