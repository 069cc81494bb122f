"""Slips of the command line, the supervisor, single modules of the compiler, and the studio's page."""

from __future__ import annotations

from tests.mutants.fault import Fault

OF_PROGRAMS = (
    Fault(
        "one_exit_code_for_all_signals",
        "compiler/cli/interrupts.py",
        "return 128 + self.number",
        "return 128 + signal.SIGINT",
        ("tests/cli/test_interrupts.py",),
    ),
    Fault(
        "second_signal_is_heard",
        "compiler/cli/interrupts.py",
        "before = dict.fromkeys(before, signal.SIG_IGN)",
        "pass",
        ("tests/cli/test_interrupts.py",),
    ),
    Fault(
        "film_over_its_own_media",
        "compiler/cli/loading.py",
        "for loc, source in [(Loc(), Path(reel_path)), *sources]:",
        "for loc, source in [(Loc(), Path(reel_path))]:",
        ("tests/cli/test_outputs.py",),
    ),
    Fault(
        "names_move_the_cursor",
        "compiler/supervise/plain.py",
        "c if c.isprintable() else ascii(c)[1:-1]",
        "c",
        ("tests/cli/test_outputs.py",),
    ),
    Fault(
        "warnings_are_not_told",
        "compiler/cli/rendering.py",
        "        for notice in compiled.plan.notices:\n            shown.warn(notice)\n        film",
        "        film",
        ("tests/cli/test_render.py",),
    ),
    Fault(
        "first_error_alone",
        "compiler/lower/__init__.py",
        "            errors.append(error)\n    raise_all(errors)",
        "            errors[:] = errors or [error]\n    raise_all(errors)",
        ("tests/lower/test_lower.py",),
    ),
    Fault(
        "film_lost_to_another",
        "compiler/supervise/film.py",
        "        if overwrite:\n            part.replace(final)",
        "        if overwrite or final.exists():\n            part.replace(final)",
        ("tests/supervise/test_film.py",),
    ),
    Fault(
        "part_is_left_behind",
        "compiler/supervise/render.py",
        "    finally:\n        part.unlink(missing_ok=True)\n",
        "    except FileNotFoundError:\n        raise\n",
        ("tests/supervise/test_render.py",),
    ),
    Fault(
        "stall_from_the_start",
        "compiler/supervise/run.py",
        "now - meter.advanced > patience",
        "now - meter.started > patience",
        ("tests/supervise/test_run.py",),
    ),
    Fault(
        "consequence_before_cause",
        "compiler/supervise/verdict.py",
        "        if any(reading.pattern.search(line) for line in lines):",
        '        if reading.pattern.search(lines[-1] if lines else ""):',
        ("tests/supervise/test_verdict.py",),
    ),
    Fault(
        "joints_click",
        "compiler/passes/cut_sound.py",
        "*(a.uneven or b.uneven for a, b in pairwise(pieces))",
        "*(a.uneven and b.uneven for a, b in pairwise(pieces))",
        ("tests/passes",),
    ),
    Fault(
        "fade_cut_in_two",
        "compiler/passes/narrow_frames.py",
        "if isinstance(op, ops.Fade) and span.first < op.entering:",
        "if isinstance(op, ops.Fade) and span.until < op.entering:",
        ("tests/passes/test_laws.py",),
    ),
    Fault(
        "overshoot_leaves_the_picture",
        "compiler/lower/framing.py",
        "return Box(min(max(x, 0.0), width - w), min(max(y, 0.0), height - h), w, h)",
        "return Box(max(x, 0.0), max(y, 0.0), w, h)",
        ("tests/lower/test_framing.py",),
    ),
    Fault(
        "instant_held_too_late",
        "compiler/timeline/warp.py",
        "index = max(0, bisect_left(self.source_starts, at) - 1)",
        "index = max(0, bisect_right(self.source_starts, at) - 1)",
        ("tests/timeline/test_warp.py",),
    ),
    Fault(
        "fade_with_one_frame_more",
        "compiler/timeline/layout.py",
        "return self.frames - self.frames // 2 if self.kind",
        "return self.frames // 2 if self.kind",
        ("tests/timeline/test_layout.py",),
    ),
    Fault(
        "dust_moves_the_box",
        "compiler/emit/expr.py",
        "abs(c) * LONGEST**k > EXACT",
        "abs(c) > EXACT",
        ("tests/emit/test_expr.py",),
    ),
    Fault(
        "span_over_its_neighbour", "server/static/studio/spans.js", "[Math.max(0, ...before),", "[0,", ("tests/studio",)
    ),
    Fault(
        "label_dropped_each_tenth_minute",
        "server/static/studio/timecode.js",
        "frame + 9 * dropped * tens",
        "frame + 10 * dropped * tens",
        ("tests/studio",),
    ),
    Fault(
        "answer_takes_back_typing",
        "server/static/studio/store.js",
        "Object.hasOwn(sent, name) ? sent[name] : before[name]",
        "before[name]",
        ("tests/studio",),
    ),
    Fault(
        "drag_in_many_steps",
        "server/static/studio/model.js",
        "key !== null && key === history.key",
        "key === history.key",
        ("tests/studio",),
    ),
    Fault(
        "speed_slower_than_any",
        "compiler/model/limits.py",
        "SPEED = limits(Fraction(1, 10), 16)",
        "SPEED = limits(0, 16)",
        ("tests/model",),
    ),
)
