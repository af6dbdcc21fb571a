"""Pictures for notebooks: stored as PNG with a text alternative, with sliders where it is live.

matplotlib and ipywidgets come with the extra ``notebooks`` and are imported when they are needed.
"""

from __future__ import annotations

import base64
import inspect
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from urnn_proofs.model.errors import InputError, MissingExtraError
from urnn_proofs.model.number import shorten

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PINK", "Canvas", "Picture", "Slider", "slider"]

#: Colours that stay apart for colour-blind readers (Okabe and Ito).
BLUE, ORANGE, GREEN, PINK, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#6b6b6b"

# 520 points of a page are 5.2 inches: on a phone, at half of that, 13 points are still read.
_WIDTH, _DOTS, _COLOURS = 5.2, 130, 255
_STYLE = {
    "font.size": 13,
    "axes.titlesize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "lines.linewidth": 1.8,
}


@dataclass(frozen=True)
class Picture:
    """A picture as a notebook shows and stores it.

    Parameters
    ----------
    png
        The file.
    alt
        What is to be seen, in words: the text alternative, and what a terminal shows.
    width
        In points of a page.
    """

    png: bytes = field(repr=False)
    alt: str
    width: int = round(100 * _WIDTH)

    def __repr__(self) -> str:
        return f"[picture: {self.alt}]"

    def _repr_png_(self) -> tuple[str, dict[str, Any]]:
        return base64.b64encode(self.png).decode("ascii"), {"alt": self.alt, "width": self.width}


class Canvas:
    """A figure to draw on: ``axes`` is one panel or a list of them; ``picture`` ends it.

    Parameters
    ----------
    figure
        Of matplotlib.
    axes
        Its panels.
    """

    def __init__(self, figure: Any, axes: list[Any]) -> None:
        self.figure, self.panels = figure, axes

    @property
    def axes(self) -> Any:
        """The first panel."""
        return self.panels[0]

    def picture(self, alt: str) -> Picture:
        """Return what was drawn.

        Parameters
        ----------
        alt
            What is to be seen, in words.
        """
        stream = io.BytesIO()
        self.figure.savefig(stream, format="png", dpi=_DOTS)
        small = io.BytesIO()  # a third of the size: few colours occur
        with _need("PIL.Image").open(stream) as image:
            image.convert("RGB").quantize(_COLOURS).save(small, format="png", optimize=True)
        return Picture(small.getvalue(), " ".join(alt.split()))


@contextmanager
def canvas(height: float = 3.0, panels: int = 1, *, beside: bool = False) -> Iterator[Canvas]:
    """Open a figure of the one width that all pictures have.

    Parameters
    ----------
    height
        In inches.
    panels
        How many; one below the other, since a phone is narrow.
    beside
        Put them beside each other all the same.

    Raises
    ------
    MissingExtraError
        Without matplotlib.
    """
    matplotlib = _need("matplotlib")
    with matplotlib.rc_context(_STYLE):
        figure = _need("matplotlib.figure").Figure(figsize=(_WIDTH, height), layout="constrained")
        shape = (1, panels) if beside else (panels, 1)
        yield Canvas(figure, list(figure.subplots(*shape, squeeze=False).flat))


@dataclass(frozen=True)
class Slider:
    """A picture that depends on parameters: a still one, and sliders in a live notebook.

    What is stored, or shown where there are no widgets, is the still picture.

    Parameters
    ----------
    draw
        Draws the picture; every parameter has a default.
    choices
        For each parameter the values it can take.
    still
        The picture at the defaults.
    """

    draw: Callable[..., Picture]
    choices: Mapping[str, Sequence[Any]]
    still: Picture

    def __repr__(self) -> str:
        return repr(self.still)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        png, about = self.still._repr_png_()
        data: dict[str, Any] = {"text/plain": repr(self), "image/png": png}
        with_widgets = self._live()
        if with_widgets is not None:
            data = {**with_widgets, **data}
        return data, {"image/png": about}

    def _live(self) -> dict[str, Any] | None:
        """Return what a front end with widgets shows instead of the picture."""
        try:
            widgets = import_module("ipywidgets")
        except ImportError:
            return None
        image = widgets.Image(value=self.still.png, format="png", width=self.still.width)
        start = _defaults(self.draw)
        controls = {
            name: widgets.SelectionSlider(
                options=[(str(value), value) for value in values],
                value=start[name],
                description=name,
                continuous_update=False,
            )
            for name, values in self.choices.items()
        }

        def redraw(_: Any) -> None:
            image.value = self.draw(**{name: c.value for name, c in controls.items()}).png

        for control in controls.values():
            control.observe(redraw, names="value")
        box = widgets.VBox([*controls.values(), image])
        bundle = box._repr_mimebundle_()
        data: dict[str, Any] = bundle[0] if isinstance(bundle, tuple) else bundle
        return {kind: value for kind, value in data.items() if kind != "text/plain"}


def slider(draw: Callable[..., Picture], **choices: Sequence[Any]) -> Slider:
    """Return a picture with a slider for each parameter.

    Parameters
    ----------
    draw
        Draws the picture; the defaults of its parameters are where the sliders start.
    choices
        For each parameter the values it can take, its default among them.

    Raises
    ------
    InputError
        If a parameter has no default, or one that its slider cannot take.
    """
    start = _defaults(draw)
    for name, values in choices.items():
        if name not in start or start[name] not in list(values):
            raise InputError(
                f"the slider {name} starts at {shorten(start.get(name))}; expected a default of "
                f"that parameter which is among the {len(values)} values of the slider"
            )
    return Slider(draw, choices, draw())


def _defaults(draw: Callable[..., Picture]) -> dict[str, Any]:
    parameters = inspect.signature(draw).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _need(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtraError(
            "drawing pictures needs the package matplotlib, which cannot be imported; install "
            "urnn_proofs[notebooks]"
        ) from None
