"""The FFmpeg decoders that a stranger's file may use: sound, covers, and what phones add."""

_SOUND = (
    *("mp3float", "mp3", "mp2float", "mp2", "mp1float", "mp1", "aac", "aac_fixed", "alac", "ac3", "eac3", "dca"),
    *("flac", "opus", "libopus", "vorbis", "libvorbis", "speex", "libspeex", "gsm", "gsm_ms"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_s64le"),
    *("pcm_f16le", "pcm_f24le", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw"),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_yamaha", "adpcm_g722", "adpcm_g726", "adpcm_swf"),
)
_COVERS = ("mjpeg", "png", "webp", "gif", "bmp", "tiff")
# FFprobe refuses the whole file when one stream is not allowed: an M4A may hold a moving picture and chapter names.
_BESIDE = ("h264", "hevc", "mpeg4", "mov_text", "text")
_PICTURES = {"png_pipe": "png", "jpeg_pipe": "mjpeg", "webp_pipe": "webp"}


def decoders_for(demuxer: str) -> str:
    """Return the value of FFmpeg's `-codec_whitelist` for an input of this demuxer."""
    return _PICTURES.get(demuxer) or ",".join((*_SOUND, *_COVERS, *_BESIDE))
