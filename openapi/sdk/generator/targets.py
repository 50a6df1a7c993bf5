"""The SDKs that openapi-generator makes."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from openapi.sdk.generator.surface import Surface
from openapi.sdk.generator.target import Target, Tool, generator_jar

HTTPMIME: Final = "/usr/share/java/httpmime.jar"
GUZZLE: Final = "/usr/share/php/GuzzleHttp/autoload.php"
_JAVA: Final = Tool("Java 17", "java")

Commands = Sequence[Sequence[str]]


def snake_case(name: str) -> str:
    """Return ``rotateSecret`` as ``rotate_secret``."""
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def pascal_case(name: str) -> str:
    """Return ``rotateSecret`` as ``RotateSecret``."""
    return name[0].upper() + name[1:]


def _mypy(_: Path) -> Commands:
    strict = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent"]
    return [[*strict, "main_job.py"]]


def _type_checked(_: Path) -> Commands:
    return [
        ["npm", "ci", "--silent", "--no-audit", "--no-fund"],
        ["node_modules/.bin/tsc", "--project", "tsconfig.json"],
    ]


def _javac(folder: Path) -> Commands:
    sources = [str(each.relative_to(folder)) for each in folder.rglob("*.java")]
    (folder / "sources").write_text("\n".join(sources), encoding="utf-8")
    return [["javac", "-proc:none", "-nowarn", "-d", "classes", "-cp", _jars(), "@sources"]]


def _java(_: Path) -> Sequence[str]:
    return ["java", "-cp", f"classes:{_jars()}", "MainJob"]


def _jars() -> str:
    """Return what the SDK needs: the generator's jar holds Jackson, too."""
    return f"{generator_jar()}:{HTTPMIME}"


def _go_build(_: Path) -> Commands:
    return [["env", "GOPROXY=off", "GOTOOLCHAIN=local", "go", "build", "./..."], ["go", "build"]]


def _php_lint(_: Path) -> Commands:
    return [["php", "-l", "main_job.php"], ["php", "load_all.php"]]


TARGETS: Final = (
    Target(
        name="python-urllib3",
        description="openapi-generator, urllib3, pydantic",
        sources="python",
        tools=(_JAVA,),
        surface=Surface("*/api/*_api.py", r"^    def (\w+)_with_http_info\("),
        build=_mypy,
        program=lambda _: [sys.executable, "main_job.py"],
        spelling=snake_case,
    ),
    Target(
        name="typescript-fetch",
        description="openapi-generator, fetch",
        sources="typescript",
        tools=(_JAVA, Tool("Node", "node"), Tool("npm", "npm")),
        surface=Surface("client/apis/*Api.ts", r"^    async (\w+)Raw\("),
        build=_type_checked,
        program=lambda _: ["node", "built/main_job.js"],
        union="oneOf",
    ),
    Target(
        name="java",
        description="openapi-generator, java.net.http, Jackson",
        sources="java",
        tools=(_JAVA, Tool("javac", "javac"), Tool("httpmime", HTTPMIME)),
        surface=Surface(
            "client/src/main/java/**/api/*Api.java",
            r"^  private HttpRequest\.Builder (\w+)RequestBuilder\(",
        ),
        build=_javac,
        program=_java,
        union="anyOf",
    ),
    Target(
        name="go",
        description="openapi-generator, net/http",
        sources="go",
        tools=(_JAVA, Tool("Go", "go")),
        surface=Surface("spegateway/api_*.go", r"^func \(a \*\w+Service\) (\w+)Execute\("),
        build=_go_build,
        program=lambda folder: [str(folder / "mainjob")],
        spelling=pascal_case,
        union="anyOf",
    ),
    Target(
        name="php",
        description="openapi-generator, Guzzle",
        sources="php",
        tools=(_JAVA, Tool("PHP", "php"), Tool("Guzzle", GUZZLE)),
        surface=Surface(
            "client/lib/Api/*Api.php", r"^    public function (\w+)(?<!Async)WithHttpInfo\("
        ),
        build=_php_lint,
        program=lambda _: ["php", "main_job.php"],
    ),
)
