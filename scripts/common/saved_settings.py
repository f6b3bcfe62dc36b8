"""How a picture was made, kept inside its PNG file as text, so that it can be made again."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from models.errors import SettingError
from models.files import write_atomically
from realtime.imaging.frame import Image

KEY = "ventral"
"""The keyword of the text in the PNG file."""

UNSAID = (None, (), "auto")
"""What an option is when it was not given."""

Options = TypeVar("Options")


@dataclass(frozen=True, slots=True)
class SavedSettings:
    """The command that made a picture, the digest of its network, the options by name, the digests of files in them."""

    command: str
    digest: str
    options: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)

    def without(self, names: Collection[str]) -> SavedSettings:
        """The recipe without some of its options."""
        return dataclasses.replace(self, options={n: each for n, each in self.options.items() if n not in names})


def said(*records: Any) -> dict[str, Any]:
    """The options in some dataclasses that were given."""
    values = [(each.name, getattr(record, each.name)) for record in records for each in dataclasses.fields(record)]
    return {name: value for name, value in values if value not in UNSAID}


def write_picture(path: Path, image: Image, recipe: SavedSettings) -> None:
    """Write a PNG with its recipe inside, at one stroke."""
    info, content = PngInfo(), io.BytesIO()
    info.add_itxt(KEY, json.dumps(dataclasses.asdict(recipe), default=str))
    Pillow.fromarray(image[..., ::-1]).save(content, "PNG", pnginfo=info)
    write_atomically(path, content.getvalue())


def read_settings(path: Path, command: str) -> SavedSettings:
    """The recipe in a PNG file; SettingError when there is none, or that of another command."""
    try:
        if path.exists() and not path.is_file():
            raise OSError(None, "it is not a file")
        with Pillow.open(path, formats=("PNG",)) as picture:
            picture.load()
            record = json.loads(picture.text[KEY])  # type: ignore[attr-defined]
        recipe = SavedSettings(
            str(record["command"]), str(record["digest"]), dict(record["options"]), dict(record.get("files", {}))
        )
    except Exception as error:  # any file may be named here, and Pillow raises nearly anything
        reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
        raise SettingError(f"{path} holds no settings{reason}; --like takes one by: ventral {command}") from error
    if recipe.command != command:
        raise SettingError(f"{path} is by ventral {recipe.command}; --like takes one by: ventral {command}")
    return recipe


def filled(options: Options, path: Path, recipe: SavedSettings) -> Options:
    """`options`, a dataclass, with the recipe's where nothing was given; SettingError for what does not fit them."""
    hints, given, values = get_type_hints(type(options)), said(options), {}
    for name, value in recipe.options.items():
        if name in hints and name not in given:
            values[name] = _taken(value, hints[name])
            if values[name] is None:
                raise SettingError(f"{path} holds a setting that this version cannot read: {name} is {value!r}")
    return dataclasses.replace(options, **values)  # type: ignore[type-var]


def _taken(value: Any, hint: Any) -> Any:
    """A value that JSON kept as its option takes it; None when it does not fit."""
    if get_origin(hint) is tuple:
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return tuple(value) if fits else None
    if get_origin(hint) is Literal:
        return value if value in get_args(hint) else None
    if get_args(hint):
        return next((taken for each in get_args(hint) if (taken := _taken(value, each)) is not None), None)
    if hint is Path:
        return Path(value) if isinstance(value, str) else None
    wanted = (int, float) if hint is float else hint
    return value if isinstance(value, wanted) and not isinstance(value, bool) else None
