"""A screenshot as a small PNG: 256 colours are enough for pages, and take a quarter of the room (PNG, part 11.2)."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

from playwright.async_api import Page

# Runs in the browser, which has the pixels: the commonest of colours that look alike make the palette.
_REDUCE: Final = """async (png) => {
  const picture = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const one of pixels) counts.set(one, (counts.get(one) ?? 0) + 1);
  const byCount = [...counts].sort((a, b) => b[1] - a[1]);
  const own = byCount.slice(0, 112).map(([one]) => one); // tints of paper lie close together, and each is meant
  const kinds = new Map(); // the others under their commonest: a rare hue is kept, shades of letters' edges merge
  for (const [one, count] of byCount.slice(112)) {
    const kind = kinds.get(one & 0xe0f0e0);
    if (kind) kind.count += count;
    else kinds.set(one & 0xe0f0e0, { one, count });
  }
  const rest = [...kinds.values()].sort((a, b) => b.count - a.count).slice(0, 144).map(({ one }) => one);
  const palette = [...own, ...rest];
  const part = (one, shift) => (one >>> shift) & 255;
  const nearest = new Map();
  for (const one of counts.keys()) {
    let best = 0, least = Infinity;
    for (let at = 0; at < palette.length; at++) {
      let away = 0;
      for (const shift of [0, 8, 16]) away += (part(one, shift) - part(palette[at], shift)) ** 2;
      if (away < least) { least = away; best = at; }
    }
    nearest.set(one, best);
  }
  const rows = new Uint8Array(pixels.length);
  pixels.forEach((one, at) => { rows[at] = nearest.get(one); });
  let text = "";
  for (let at = 0; at < rows.length; at += 32768) text += String.fromCharCode(...rows.subarray(at, at + 32768));
  return { width, height, rows: btoa(text), colours: palette.flatMap((one) => [0, 8, 16].map((s) => part(one, s))) };
}"""


async def palette_png(workbench: Page, png: bytes) -> bytes:
    """The same picture with at most 256 colours; `workbench` is any page without a content security policy."""
    found = await workbench.evaluate(_REDUCE, base64.b64encode(png).decode())
    width, height = int(found["width"]), int(found["height"])
    rows = base64.b64decode(found["rows"])
    lines = b"".join(b"\0" + rows[at : at + width] for at in range(0, width * height, width))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(found["colours"])),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
