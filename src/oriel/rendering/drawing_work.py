"""How much drawing a render is, as SQL: pixels in all of its frames."""

from sqlalchemy import func

from oriel.rendering.models import RenderJob

# What each render takes beside the drawing, in seconds.
BESIDES_S = 5.0
_USUAL_SONG_S = 180.0
_LASTS_S = func.coalesce(
    RenderJob.render_config[("range", "duration_s")].as_float(),
    func.nullif(RenderJob.song_s, 0) - RenderJob.render_config[("range", "start_s")].as_float(),
    _USUAL_SONG_S,
)
WIDTH, HEIGHT, _FPS = (RenderJob.render_config[("output", name)].as_float() for name in ("width", "height", "fps"))
PIXELS = WIDTH * HEIGHT * _FPS * _LASTS_S
