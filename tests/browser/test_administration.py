"""Django admin in Chromium under its Content Security Policy: signing in, giving a department, signing out."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import PASSWORD, skip_or_fail
from tests.server import ViewboxServer

pytestmark = pytest.mark.browser
REPORT_VIOLATIONS = "addEventListener('securitypolicyviolation', e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))"


@pytest.fixture
def problems() -> list[str]:
    """What went wrong in the page: violations, console errors, exceptions, answers of 400 and above."""
    return []


@pytest.fixture
def page(problems: list[str]) -> Iterator[Page]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        skip_or_fail("Chromium is not installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("response", lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
        yield page
        browser.close()


def sign_in(page: Page, name: str, password: str) -> None:
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")


def test_an_administrator_works_in_admin_without_a_violation(fresh_viewbox: ViewboxServer, page: Page, problems: list[str]):
    fresh_viewbox.start()
    fresh_viewbox.create_user("root", "administrator", password=PASSWORD)
    fresh_viewbox.create_user("charlie", "clinician", password=PASSWORD)

    page.goto(f"{fresh_viewbox.url}/admin/")
    expect(page).to_have_url(f"{fresh_viewbox.url}/sign-in?next=%2Fadmin%2F")
    sign_in(page, "root", "wrong")
    expect(page.get_by_text("User name or password is wrong.")).to_be_visible()
    sign_in(page, "root", PASSWORD)
    expect(page).to_have_title("Who may see what | Viewbox administration")

    page.goto(f"{fresh_viewbox.url}/admin/governance/user/")
    page.click("text=charlie")
    page.locator("#id_departments_from").select_option(label="Pathology")  # two lists that a script makes of one
    page.locator(".field-departments .selector-add").click()
    expect(page.locator("#id_departments_to option")).to_have_text(["Pathology"])
    page.click("[name=_save]")
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    expect(page.get_by_role("row", name="charlie")).to_contain_text("Pathology")

    page.goto(f"{fresh_viewbox.url}/admin/governance/department/add/")
    page.locator("#id_name").press_sequentially("Sleep lab")
    expect(page.locator("#id_slug")).to_have_value("sleep-lab")  # a script's work, too
    for table in ("department", "modalitydepartment", "apitoken", "auditentry"):
        page.goto(f"{fresh_viewbox.url}/admin/governance/{table}/")
        expect(page.locator("#content h1")).to_be_visible()
    expect(page.get_by_role("row", name="user changed")).to_contain_text("user charlie")

    page.click("#logout-form button")
    expect(page).to_have_url(f"{fresh_viewbox.url}/sign-in")
    page.goto(f"{fresh_viewbox.url}/admin/governance/user/")
    expect(page).to_have_url(f"{fresh_viewbox.url}/sign-in?next=%2Fadmin%2Fgovernance%2Fuser%2F")
    assert problems == []


def test_a_clinician_is_told_that_administration_is_not_theirs(fresh_viewbox: ViewboxServer, page: Page, problems: list[str]):
    fresh_viewbox.start()
    fresh_viewbox.create_user("charlie", "clinician", password=PASSWORD)
    page.goto(f"{fresh_viewbox.url}/sign-in?next=/admin/")
    sign_in(page, "charlie", PASSWORD)
    expect(page).to_have_url(f"{fresh_viewbox.url}/admin/login/?next=/admin/")
    expect(page.get_by_text("This is not permitted.")).to_be_visible()
    assert any(problem.startswith("403 ") for problem in problems)
