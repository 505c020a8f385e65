"""The audit of a page for accessibility: axe-core, in a real browser, with all its rules."""

from importlib.resources import files

RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } })
  .then(({ violations }) => done(violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.slice(0, 3).map((each) => `${each.target} ${each.failureSummary ?? ""}`).join(" | ")}`)),
  (error) => done([String(error)]));
"""


def violations(browser):
    """The rules that the page in the browser breaks, each with the first elements that do."""
    browser.run((files("selenium_axe_python") / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    return browser.driver.execute_async_script(RUN)
