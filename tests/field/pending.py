"""The tests of kinds that are not mended yet: a row is taken out when its test passes."""

from __future__ import annotations

PENDING: dict[str, str] = {
    "times.test_every_picture_is_shown_once_over_a_jump": "K2",
    "times.test_a_trim_after_a_jump_counts_all_before_it": "K2",
    "times.test_a_trim_over_a_jump": "K2",
    "times.test_sound_stays_with_its_pictures_over_a_jump": "K2",
    "times.test_a_picture_is_held_until_the_next_one": "K3",
    "times.test_a_trim_within_a_stall_shows_its_picture": "K3",
    "times.test_sound_that_goes_on_makes_a_file_as_long": "K5",
    "times.test_a_trim_reaches_what_is_only_heard": "K5",
    "times.test_a_late_picture_counts_on_a_players_clock": "K5",
    "times.test_the_first_picture_is_held_back_to_the_sounds_start": "K5",
    "times.test_a_second_near_the_end_of_two_hours": "K10",
    "times.test_avi_shows_the_picture_of_the_time": "K11",
    "times.test_avi_shows_every_picture": "K11",
    "times.test_avi_of_one_picture": "K11",
}
"""The kind by the test's module and name."""
