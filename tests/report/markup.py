"""Reading the HTML of a message as strictly as the strictest mail program."""

from html.parser import HTMLParser

VOID = {"meta", "br"}
FORBIDDEN = {"a", "img", "script", "link", "iframe", "form", "object", "embed", "svg", "base", "video", "input"}
FETCHING = {"href", "src", "background", "action", "srcset", "data", "poster", "formaction"}


class Markup(HTMLParser):
    """Every tag, attribute and visible text of a page; ``faults`` are sentences."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        if self.open:
            self.faults.append(f"never closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag in FORBIDDEN or FETCHING & attributes.keys():
            self.faults.append(f"<{tag}> may fetch or run something")
        if any(name.startswith("on") for name in attributes) or "url(" in attributes.get("style", ""):
            self.faults.append(f"<{tag}> may fetch or run something")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]} in line {self.getpos()[0]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def contrast(one: str, other: str) -> float:
    """The contrast of two #RRGGBB colours as the accessibility guidelines reckon it, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
