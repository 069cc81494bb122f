"""Faults of the identity of units: each leaves out one part of what decides a unit's bytes."""

from __future__ import annotations

from tests.mutants.fault import Fault

JUDGES = ("tests/pipeline/test_identity.py", "tests/pipeline/test_random_edits.py")
PATH = "compiler/pipeline/identity.py"


def left_out(part: str, old: str, new: str, file: str = PATH) -> Fault:
    """A fault that leaves a part out."""
    return Fault(f"identity_without_{part}", file, old, new, JUDGES)


OF_IDENTITY = (
    left_out("the_code", "return digest(maker(), machine,", "return digest(machine,"),
    left_out("emit", '*("emit/**/*.py", "passes/**/*.py")', '*("passes/**/*.py",)'),
    left_out("passes", '*("emit/**/*.py", "passes/**/*.py")', '*("emit/**/*.py",)'),
    left_out("passes_of_crops", '"passes/**/*.py"', '"passes/*.py"'),
    left_out("straightening", '*("supervise/straighten/*.py", ', "*("),
    left_out("images", '"supervise/images/*.py", ', ""),
    left_out("the_opening_of_media", ', "supervise/media/*.py"', ""),
    left_out("the_processor", 'f"{platform.machine()} {build.version}"', "build.version"),
    left_out("the_version_of_ffmpeg", 'f"{platform.machine()} {build.version}"', "platform.machine()"),
    left_out("the_program", "replace(build, path=program(build, content))", 'replace(build, path="")'),
    left_out("the_libraries", "*map(content, build.files)", "content(build.path)"),
    left_out("the_command", "machine, json.dumps(called), text", "machine, text"),
    left_out("the_script", "json.dumps(called), text, json", "json.dumps(called), json"),
    left_out("straightened_inputs", "text, json.dumps(fed, sort_keys=True), decoder", "text, decoder"),
    left_out(
        "the_decoder", "json.dumps(fed, sort_keys=True), decoder, *others", "json.dumps(fed, sort_keys=True), *others"
    ),
    left_out("files_that_are_read", "decoder, *others)", "decoder)"),
    left_out("the_content_of_media", "path=content(op.media.path)", 'path=""'),
    left_out("the_bounds_of_texts", 'found.update(b"%d:" % len(data) + data)', "found.update(data)"),
    left_out(
        "the_sound_that_is_measured",
        "        lambda content: digest(own(content), *(step.identity(content) for step in made if step.identity))\n",
        "        own\n",
        "compiler/film_identity.py",
    ),
    left_out(
        "the_target_of_the_loudness",
        'f"{measuring.target} LUFS, {measuring.peak} dBTP"',
        'f"{measuring.peak} dBTP"',
        "compiler/steps.py",
    ),
    left_out(
        "the_limit_of_the_peak",
        'f"{measuring.target} LUFS, {measuring.peak} dBTP"',
        'f"{measuring.target} LUFS"',
        "compiler/steps.py",
    ),
    left_out(
        "the_sounds_that_are_encoded",
        "sound, [*made, *measured], read",
        "sound, measured, read",
        "compiler/steps.py",
    ),
    left_out(
        "the_units_of_a_film",
        'hashlib.sha256("".join(keys.values()).encode())',
        "hashlib.sha256(keys[last].encode())",
        "compiler/supervise/films/kept.py",
    ),
    Fault(
        "identity_with_names_of_clips",
        PATH,
        'Value(f"v{number}") for number, define in enumerate(graph)',
        "define.name for define in graph",
        JUDGES,
    ),
    Fault(
        "film_of_replaced_footage_is_kept",
        "compiler/supervise/films/kept.py",
        "else self._opened(number + 1)",
        "else []",
        ("tests/cli/test_cache.py",),
    ),
    Fault(
        "replaced_before_it_was_read",
        "compiler/supervise/films/kept.py",
        " and self._as_seen(opened):",
        ":",
        ("tests/supervise/test_kept.py",),
    ),
    Fault(
        "unit_of_a_replaced_ffmpeg",
        "compiler/supervise/films/kept.py",
        "self._opened(number + 1)), *step.runs]",
        "self._opened(number + 1))]",
        ("tests/supervise/test_kept.py",),
    ),
    Fault("identity_with_paths", PATH, "path=content(op.media.path)", "path=op.media.path", JUDGES),
)
