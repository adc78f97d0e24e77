"""Every path of the API's contract, with the test that drives it: asks it, and is answered well.

A new operation needs a line (tests/house/test_api_paths.py), and a test that stands here has to ask what its lines say
(tests/conftest.py). `python -m tests.api.paths` prints the table in Markdown.
"""
# ruff: noqa: E501 - a line of the table is a line here

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.asked import Request

# fmt: off
TABLE = [  # method, path, test
    ("GET", "/api/v1/", "tests/api/test_core.py::test_the_root_names_everything_absolutely"),
    ("GET", "/api/v1/openapi.json", "tests/api/test_core.py::test_the_description_is_openapi_and_complete"),
    ("GET", "/api/v1/docs/", "tests/api/test_core.py::test_the_documentation_is_a_page_of_our_own"),
    ("POST", "/api/v1/auth/login/", "tests/api/test_auth_login.py::test_a_form_does_as_well_as_json"),
    ("POST", "/api/v1/auth/mylogin/", "tests/api/test_auth_login.py::test_the_cookie_variant_keeps_the_refresh_token_from_scripts"),
    ("POST", "/api/v1/auth/token/refresh/", "tests/api/test_auth_tokens.py::test_a_refresh_token_gets_the_next_pair"),
    ("POST", "/api/v1/auth/token/verify/", "tests/api/test_auth_tokens.py::test_an_access_token_that_works_is_200_and_every_other_is_401"),
    ("POST", "/api/v1/auth/token/recovery/", "tests/api/test_auth_account.py::test_the_answer_is_the_same_whoever_has_that_address"),
    ("POST", "/api/v1/auth/password/reset/", "tests/api/test_auth_account.py::test_a_recovery_token_sets_a_password_and_everybody_is_out"),
    ("POST", "/api/v1/auth/password/change/", "tests/api/test_auth_account.py::test_every_character_of_a_password_counts"),
    ("POST", "/api/v1/auth/username/change/", "tests/api/test_auth_account.py::test_a_name_changes_and_tokens_stay"),
    ("POST", "/api/v1/auth/email/change/", "tests/api/test_auth_account.py::test_two_people_want_one_address_and_one_gets_it"),
    ("POST", "/api/v1/auth/email/verify/", "tests/api/test_auth_account.py::test_two_people_want_one_address_and_one_gets_it"),
    ("GET", "/api/v1/auth/email/verify/", "tests/api/test_auth_account.py::test_an_address_changes_once_the_link_has_answered[GET]"),
    ("POST", "/api/v1/auth/register/", "tests/api/test_auth_account.py::test_somebody_opens_an_account_and_is_in[auth/register/]"),
    ("POST", "/api/v1/auth/token/", "tests/api/test_auth_login.py::test_an_opaque_token_comes_with_its_person_and_its_end"),
    ("POST", "/api/v1/auth/logout/", "tests/api/test_auth_tokens.py::test_log_out_ends_this_log_in_and_no_other"),
    ("POST", "/api/v1/auth/logout/all/", "tests/api/test_auth_tokens.py::test_everywhere_means_everywhere_and_nobody_else"),
    ("GET", "/api/v1/users/", "tests/api/test_users.py::test_the_staff_lists_everybody_with_the_latest_activity_first"),
    ("POST", "/api/v1/users/", "tests/api/test_users.py::test_a_visitor_opens_an_account"),
    ("GET", "/api/v1/users/me/", "tests/api/test_users.py::test_my_own_profile_says_everything"),
    ("GET", "/api/v1/users/{user_id_or_username}/", "tests/api/test_users.py::test_others_are_told_less"),
    ("PATCH", "/api/v1/users/me/", "tests/api/test_users.py::test_what_is_left_out_stays"),
    ("DELETE", "/api/v1/users/{user_id_or_username}/", "tests/api/test_users.py::test_an_admin_deletes_somebody_else_and_that_is_written_down"),
    ("GET", "/api/v1/users/{user_id_or_username}/followers/", "tests/api/test_users.py::test_followers_and_followed_are_lists_of_people"),
    ("GET", "/api/v1/users/{user_id_or_username}/following/", "tests/api/test_users.py::test_followers_and_followed_are_lists_of_people"),
    ("GET", "/api/v1/posts/", "tests/api/test_posts.py::test_a_post_in_the_list_has_exactly_these_fields"),
    ("POST", "/api/v1/posts/", "tests/api/test_posts.py::test_text_is_trimmed_and_may_hold_any_script"),
    ("GET", "/api/v1/posts/{post_id}/", "tests/api/test_posts.py::test_a_post_has_exactly_these_fields"),
    ("PUT", "/api/v1/posts/{post_id}/", "tests/api/test_posts.py::test_put_replaces_words_and_keeps_the_rest"),
    ("PATCH", "/api/v1/posts/{post_id}/", "tests/api/test_posts.py::test_patch_changes_what_is_named"),
    ("DELETE", "/api/v1/posts/{post_id}/", "tests/api/test_posts.py::test_an_author_moves_it_to_the_trash"),
    ("GET", "/api/v1/likes/", "tests/api/test_likes.py::test_a_like_is_made_read_counted_and_taken_back"),
    ("GET", "/api/v1/likes/{like_id}/", "tests/api/test_likes.py::test_a_like_is_made_read_counted_and_taken_back"),
    ("POST", "/api/v1/likes/toggle/", "tests/api/test_likes.py::test_a_like_is_made_read_counted_and_taken_back"),
    ("PUT", "/api/v1/posts/{post_id}/like/", "tests/api/test_likes.py::test_a_like_is_made_read_counted_and_taken_back"),
    ("DELETE", "/api/v1/posts/{post_id}/like/", "tests/api/test_likes.py::test_a_like_is_made_read_counted_and_taken_back"),
    ("GET", "/api/v1/likes/batch/", "tests/api/test_likes.py::test_a_like_is_made_read_counted_and_taken_back"),
    ("GET", "/api/v1/posts/{post_id}/comments/", "tests/api/test_comments.py::test_what_is_said_is_answered_and_listed_newest_first_with_its_replies"),
    ("POST", "/api/v1/posts/{post_id}/comments/", "tests/api/test_comments.py::test_what_is_said_is_answered_and_listed_newest_first_with_its_replies"),
    ("GET", "/api/v1/comments/{comment_id}/", "tests/api/test_comments.py::test_words_are_changed_by_their_author_for_a_while"),
    ("PATCH", "/api/v1/comments/{comment_id}/", "tests/api/test_comments.py::test_words_are_changed_by_their_author_for_a_while"),
    ("DELETE", "/api/v1/comments/{comment_id}/", "tests/api/test_comments.py::test_what_is_deleted_leaves_its_place_to_the_replies"),
    ("PUT", "/api/v1/comments/{comment_id}/like/", "tests/api/test_comments.py::test_a_like_counts_once_even_when_sent_often_at_once"),
    ("DELETE", "/api/v1/comments/{comment_id}/like/", "tests/api/test_comments.py::test_a_like_counts_once_even_when_sent_often_at_once"),
    ("GET", "/api/v1/follows/", "tests/api/test_follows.py::test_lists_have_pages"),
    ("POST", "/api/v1/follows/", "tests/api/test_follows.py::test_lists_have_pages"),
    ("DELETE", "/api/v1/follows/{follow_id}/", "tests/api/test_follows.py::test_a_request_that_was_withdrawn_can_not_be_accepted"),
    ("GET", "/api/v1/follows/requests/", "tests/api/test_follows.py::test_a_request_is_asked_for_and_accepted"),
    ("PUT", "/api/v1/follows/requests/{request_id}/", "tests/api/test_follows.py::test_a_request_is_asked_for_and_accepted"),
    ("DELETE", "/api/v1/follows/requests/{request_id}/", "tests/api/test_follows.py::test_others_requests_and_follows_are_not_there"),
    ("DELETE", "/api/v1/users/me/followers/{username}/", "tests/api/test_follows.py::test_a_follower_is_removed"),
    ("GET", "/api/v1/follows/recommendations/", "tests/api/test_follows.py::test_friends_of_friends_are_recommended_with_a_reason_until_they_are_followed_or_blocked"),
    ("GET", "/api/v1/feed/", "tests/api/test_feed.py::test_posts_and_reposts_come_once_each_the_latest_first"),
    ("GET", "/api/v1/interactions/", "tests/api/test_interactions.py::test_the_list_is_ones_own_merged_and_read_on_without_gaps"),
    ("POST", "/api/v1/interactions/", "tests/api/test_interactions.py::test_the_list_is_ones_own_merged_and_read_on_without_gaps"),
    ("DELETE", "/api/v1/interactions/{interaction_id}/", "tests/api/test_interactions.py::test_ids_never_mean_something_else"),
    ("GET", "/api/v1/notifications/", "tests/api/test_notifications.py::test_reading_is_of_ones_own"),
    ("POST", "/api/v1/notifications/read/", "tests/api/test_notifications.py::test_reading_is_of_ones_own"),
    ("GET", "/api/v1/mutes/", "tests/api/test_follows.py::test_people_words_and_tags_are_muted_and_shown_again"),
    ("POST", "/api/v1/mutes/", "tests/api/test_follows.py::test_people_words_and_tags_are_muted_and_shown_again"),
    ("DELETE", "/api/v1/mutes/{word}/", "tests/api/test_follows.py::test_people_words_and_tags_are_muted_and_shown_again"),
    ("POST", "/api/v1/reports/", "tests/api/test_reports.py::test_posts_comments_and_people_are_reported_once_while_it_waits"),
    ("GET", "/api/v1/users/me/saved/", "tests/api/test_finding.py::test_what_i_liked_and_saved_comes_back_the_latest_first[save]"),
    ("GET", "/api/v1/users/me/likes/", "tests/api/test_finding.py::test_what_i_liked_and_saved_comes_back_the_latest_first[like]"),
    ("GET", "/api/v1/tags/{tag}/", "tests/api/test_finding.py::test_a_tag_is_read_page_by_page_newest_first"),
    ("GET", "/api/v1/search/", "tests/api/test_finding.py::test_all_kinds_are_searched_and_each_is_read_on"),
    ("GET", "/api/v1/images/{image_id}/", "tests/api/test_images.py::test_a_photograph_tells_how_far_it_is"),
    ("PUT", "/api/v1/users/me/avatar/", "tests/api/test_users.py::test_a_picture_has_a_door_of_its_own_that_tells_how_far_it_is[image]"),
    ("POST", "/api/v1/messages/", "tests/api/test_messages.py::test_a_message_is_sent_and_read_by_the_two"),
    ("GET", "/api/v1/messages/", "tests/api/test_messages.py::test_a_message_is_sent_and_read_by_the_two"),
    ("GET", "/api/v1/messages/sent/", "tests/api/test_messages.py::test_a_message_is_sent_and_read_by_the_two"),
    ("GET", "/api/v1/messages/received/", "tests/api/test_messages.py::test_a_message_is_sent_and_read_by_the_two"),
    ("GET", "/api/v1/messages/{message_id}/", "tests/api/test_messages.py::test_a_message_is_sent_and_read_by_the_two"),
    ("DELETE", "/api/v1/messages/{message_id}/", "tests/api/test_messages.py::test_each_deletes_from_the_own_side"),
    ("POST", "/api/v1/messages/read/", "tests/api/test_messages.py::test_reading_is_said_and_counted"),
    ("GET", "/api/v1/messages/requests/", "tests/api/test_messages.py::test_what_strangers_write_waits_until_it_is_accepted_or_deleted"),
    ("PUT", "/api/v1/messages/requests/{username}/", "tests/api/test_messages.py::test_what_strangers_write_waits_until_it_is_accepted_or_deleted"),
    ("DELETE", "/api/v1/messages/requests/{username}/", "tests/api/test_messages.py::test_what_strangers_write_waits_until_it_is_accepted_or_deleted"),
    ("GET", "/api/v1/blocks/", "tests/api/test_follows.py::test_a_block_is_made_once_and_undone"),
    ("POST", "/api/v1/blocks/", "tests/api/test_follows.py::test_a_block_is_made_once_and_undone"),
    ("DELETE", "/api/v1/blocks/{username}/", "tests/api/test_follows.py::test_a_block_is_made_once_and_undone"),
    ("GET", "/o/authorize/", "tests/oauth/test_consent.py::test_allowing_leads_back_with_a_code_the_state_and_the_name_of_the_site"),
    ("POST", "/o/authorize/", "tests/oauth/test_consent.py::test_allowing_leads_back_with_a_code_the_state_and_the_name_of_the_site"),
    ("POST", "/o/token/", "tests/oauth/test_tokens.py::test_a_public_app_needs_no_secret"),
    ("POST", "/o/revoke_token/", "tests/oauth/test_endpoints.py::test_a_token_that_is_none_is_let_go_of_without_a_word"),
    ("POST", "/o/introspect/", "tests/oauth/test_endpoints.py::test_an_app_learns_what_its_own_tokens_are_good_for"),
    ("GET", "/.well-known/oauth-authorization-server", "tests/oauth/test_endpoints.py::test_the_description_says_what_is_so"),
    ("POST", "/api/auth/register", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("POST", "/api/auth/login", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("POST", "/api/auth/logout", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("POST", "/api/message", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("GET", "/api/message", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("GET", "/api/message/sent", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("GET", "/api/message/received", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("POST", "/api/block", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("GET", "/api/block", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("POST", "/users/create", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("GET", "/users/create", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[]"),
    ("POST", "/api/auth/register/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("POST", "/api/auth/login/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("POST", "/api/auth/logout/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("POST", "/api/message/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("GET", "/api/message/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("GET", "/api/message/sent/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("GET", "/api/message/received/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("POST", "/api/block/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("GET", "/api/block/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("POST", "/users/create/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("GET", "/users/create/", "tests/api/test_old_addresses.py::test_every_old_address_does_what_the_new_one_does[/]"),
    ("GET", "/posts/", "tests/api/test_old_addresses.py::test_the_address_of_the_staffs_posts_takes_posts_of_programs"),
    ("POST", "/posts/", "tests/api/test_old_addresses.py::test_the_address_of_the_staffs_posts_takes_posts_of_programs"),
]
# fmt: on


def undriven(test: str, asked: Iterable[Request]) -> list[str]:
    """The lines of `test` (its node id) that none of these requests makes true."""
    answered = [request for request in asked if request.status < 400]
    lines = [(method, path) for method, path, driver in TABLE if driver == test]
    return [f"{method} {path}" for method, path in lines if not any(_is(one, method, path) for one in answered)]


def _is(request: Request, method: str, path: str) -> bool:
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
    return request.method == method and re.fullmatch(pattern, request.path) is not None


if __name__ == "__main__":
    print("| request | test that drives it |\n|---|---|")
    for method, path, test in TABLE:
        print(f"| `{method} {path}` | `{test.removeprefix('tests/')}` |")
