"""Prints, at the end of all tests, what was done to which process; a plugin of pytest."""

import pytest

LINE = "fault"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write a line for each fault: process, signal and point."""
    lines = [
        str(words)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, words in report.user_properties
        if name == LINE
    ]
    if lines:
        terminalreporter.section(f"{len(lines)} faults injected")
        for line in lines:
            terminalreporter.write_line(line)
