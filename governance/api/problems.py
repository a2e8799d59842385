"""Every error code a caller can meet, with its HTTP status, a title that never changes, and what to do about it.
Only this table knows statuses; `python -m governance.api.problems > docs/errors.md` writes it down."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

PROBLEM_MEDIA_TYPE = "application/problem+json"  # RFC 9457, section 6.1
INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of refusal; a private one never shows the error's own words, which may name a path or another party."""

    status: int
    title: str
    advice: str
    is_private: bool = False


PROBLEM_TYPES: Mapping[str, ProblemType] = MappingProxyType(
    {
        # The request itself.
        "bad_request": ProblemType(400, "Bad request", "Send a well-formed HTTP request to one of our host names."),
        "json_invalid": ProblemType(400, "The body is not JSON", "Send one JSON object in UTF-8."),
        "request_invalid": ProblemType(
            422, "A field is wrong", "Correct the fields named in `errors` and send the request again."
        ),
        "body_too_large": ProblemType(413, "The JSON body is too large", "Send at most 64 KiB of JSON."),
        "content_type_unsupported": ProblemType(
            415,
            "Not an archive's media type",
            "Send application/zip, application/gzip or application/octet-stream.",
        ),
        "not_found": ProblemType(404, "Nothing is at this address", "Look the address up in the API's description."),
        "method_not_allowed": ProblemType(
            405, "The address does not take this method", "Use one the Allow header names."
        ),
        "token_invalid": ProblemType(
            401,
            "No valid token",
            "Send `Authorization: Bearer <token>` with a token that has neither expired nor been revoked.",
        ),
        "token_of_another_party": ProblemType(
            403,
            "The token speaks for another party",
            "Use a token of the publisher or tenant this address is for.",
        ),
        "forbidden": ProblemType(403, "Not allowed", "Ask for the right to do this, or use another account."),
        # Uploads, archives and manifests.
        "upload_too_large": ProblemType(413, "The archive is too large", "Make the archive smaller."),
        "upload_empty": ProblemType(400, "The upload is empty", "Send the archive's bytes as the request's body."),
        "upload_truncated": ProblemType(400, "The upload was cut off", "Send the archive again, whole."),
        "manifest_missing": ProblemType(
            422, "The archive has no manifest", "Put nexus-plugin.toml at the archive's root."
        ),
        "manifest_invalid": ProblemType(
            422,
            "The manifest is wrong",
            "Correct each key named in `errors` and submit again.",
        ),
        "archive_truncated": ProblemType(422, "The archive is cut off", "Pack the archive again and send it whole."),
        "archive_unsupported": ProblemType(
            422, "Not an archive we read", "Pack a plain .zip (stored or deflated) or .tar.gz."
        ),
        "archive_empty": ProblemType(422, "The archive is empty", "Pack at least one file beside the manifest."),
        "archive_too_large": ProblemType(413, "The archive is too large", "Make the archive smaller."),
        "archive_encrypted": ProblemType(422, "The archive is encrypted", "Pack it without a password."),
        "archive_header_mismatch": ProblemType(
            422,
            "The archive contradicts itself",
            "Pack it again with a common tool, without editing it afterwards.",
        ),
        "archive_trailing_data": ProblemType(
            422, "Bytes surround the archive", "Send the archive alone, with nothing before or after it."
        ),
        "archive_hidden_bytes": ProblemType(
            422, "The archive hides bytes", "Pack it again, so that every byte belongs to an entry."
        ),
        "archive_overlap": ProblemType(422, "Entries of the archive overlap", "Pack it again with a common tool."),
        "archive_pax": ProblemType(
            422, "An extended tar header is refused", "Pack it without extended attributes, or send a .zip."
        ),
        "archive_symlink": ProblemType(
            422, "The archive holds a symbolic link", "Replace links by the files they name."
        ),
        "archive_hardlink": ProblemType(422, "The archive holds a hard link", "Replace links by the files they name."),
        "archive_device": ProblemType(422, "The archive holds a special file", "Pack plain files and folders only."),
        "archive_duplicate_name": ProblemType(422, "A name appears twice", "Pack each file once."),
        "archive_name_collision": ProblemType(
            422, "Two names mean one file", "Rename one: names may not differ by case or form alone."
        ),
        "archive_name_encoding": ProblemType(422, "A name is not UTF-8", "Pack with names in UTF-8."),
        "archive_name_unsafe": ProblemType(
            422,
            "A name is unsafe",
            "Use names without control characters, backslashes, colons or device names.",
        ),
        "archive_path_absolute": ProblemType(422, "A path is absolute", "Pack with paths relative to the root."),
        "archive_path_climbs": ProblemType(422, "A path climbs out", "Pack without `..` in any path."),
        "archive_path_depth": ProblemType(422, "A path is too deep", "Use fewer levels of folders."),
        "archive_path_length": ProblemType(422, "A path is too long", "Use shorter names."),
        "archive_entry_count": ProblemType(422, "Too many entries", "Pack fewer files."),
        "archive_member_size": ProblemType(422, "A file is too large", "Make the file smaller or leave it out."),
        "archive_bomb_size": ProblemType(422, "The archive unpacks too large", "Pack less."),
        "archive_bomb_ratio": ProblemType(
            422, "The archive inflates too much", "Leave out files that are mostly padding."
        ),
        "archive_damaged": ProblemType(
            422, "A header or compressed stream is damaged", "Pack it again with a common tool and send it unchanged."
        ),
        "archive_directory": ProblemType(
            422,
            "The zip directory is not where or as long as it says",
            "Pack it again with a common tool, and do not edit it afterwards.",
        ),
        "archive_size": ProblemType(
            422,
            "A member is longer or shorter than stated",
            "Pack it again with a common tool, and do not edit it afterwards.",
        ),
        "archive_checksum": ProblemType(
            422, "The checksum of a member is wrong", "Pack it again and send it unchanged."
        ),
        "archive_descriptor": ProblemType(
            422,
            "The record behind a member's data disagrees",
            "Pack it again with a common tool, and do not edit it afterwards.",
        ),
        "archive_prepended": ProblemType(
            422, "Bytes stand before the archive", "Send the archive alone, with nothing before it."
        ),
        "archive_polyglot": ProblemType(
            422, "The file is two kinds of archive at once", "Pack the plugin again with a common tool."
        ),
        "archive_comment": ProblemType(
            422, "A comment of the archive is no short text", "Pack it without a comment, or with one line of text."
        ),
        "archive_extra": ProblemType(
            422, "An extra field of the archive is damaged or doubled", "Pack it again with a common tool."
        ),
        "archive_second_name": ProblemType(422, "A member carries a second name", "Pack it with names in UTF-8 only."),
        "archive_zip64": ProblemType(
            422,
            "Zip64 records that lie or are not needed",
            "Pack it again without zip64: no plugin is large enough to need it.",
        ),
        "archive_split": ProblemType(422, "The archive is split over several files", "Pack everything in one file."),
        "archive_compression": ProblemType(
            422, "A compression method that is not read", "Pack a .zip (stored or deflated) or a .tar.gz."
        ),
        "archive_feature": ProblemType(
            422, "A zip feature that no plugin needs", "Pack a plain .zip (stored or deflated) or .tar.gz."
        ),
        "archive_gzip_header": ProblemType(
            422, "A gzip header with fields no packer writes", "Compress the tar again with gzip."
        ),
        "archive_gzip_members": ProblemType(
            422, "A second gzip stream follows the first", "Compress the tar as one stream."
        ),
        "archive_sparse": ProblemType(422, "A sparse tar member", "Pack the file in full."),
        "archive_entry_type": ProblemType(
            422, "A tar member of a kind that is not read", "Pack plain files and folders only."
        ),
        "archive_folder_content": ProblemType(
            422, "A folder of the archive holds data", "Pack it again with a common tool."
        ),
        "archive_time": ProblemType(422, "Unpacking takes too long", "Pack fewer and smaller files."),
        # Publishers and the catalogue.
        "publisher_slug_taken": ProblemType(409, "The slug is taken", "Choose another slug."),
        "challenge_invalid": ProblemType(
            400,
            "The confirmation is not valid",
            "Use the newest mail's secret once and in time, or register again.",
        ),
        "already_attested": ProblemType(
            409, "The proof is in force already", "Nothing to do: the address is confirmed."
        ),
        "publisher_suspended": ProblemType(403, "The publisher is suspended", "Appeal the suspension."),
        "plugin_owned_by_another": ProblemType(
            403, "The plugin belongs to another publisher", "Choose another name for your plugin."
        ),
        "version_exists": ProblemType(
            409, "The version number is used", "Raise the version; numbers are never reused."
        ),
        "version_blocked": ProblemType(
            410,
            "The version is blocked",
            "Do not load it; install another version, or appeal if it is yours.",
        ),
        "version_unavailable": ProblemType(
            410, "The version is not offered", "Install a published version.", is_private=True
        ),
        "illegal_move": ProblemType(
            409,
            "The version's status does not allow this",
            "Look at the version's status and what may follow it.",
        ),
        "unknown_plugin": ProblemType(404, "No such plugin", "Check the publisher's slug and the plugin's name."),
        "unknown_version": ProblemType(404, "No such version", "Check the version's number."),
        # Bots, the feed and takedowns.
        "unknown_bot": ProblemType(404, "No such bot", "Enrol the bot first."),
        "bot_key_invalid": ProblemType(
            422, "The bot's key is wrong", "Send the base64 of a raw Ed25519 public key (32 bytes)."
        ),
        "bot_key_used": ProblemType(409, "The bot's key is used", "Make a key for each bot."),
        "installation_time_invalid": ProblemType(422, "The time cannot be right", "Set the runtime's clock."),
        "statement_refused": ProblemType(
            422, "The signed statement is refused", "Sign the canonical statement with the bot's own key."
        ),
        "acknowledgement_replayed": ProblemType(
            409,
            "The acknowledgement was used before",
            "Nothing to do: it counts once. Sign a new one for a new act.",
        ),
        "acknowledgement_foreign": ProblemType(
            403,
            "A bot may only speak for itself",
            "Sign with this bot's own key, and only about its own orders.",
        ),
        "block_foreign": ProblemType(
            422, "Not the order's block", "Acknowledge the block the feed names for this takedown, from that feed."
        ),
        "order_unknown": ProblemType(404, "No such order", "Fetch the feed and acknowledge what it orders."),
        "too_many_reports": ProblemType(
            429, "Too many reports today", "Send the rest tomorrow; reports about one plugin are read together anyway."
        ),
        "reporter_token_invalid": ProblemType(
            401, "No trusted reporter's token", "Correct `Nexus-Reporter-Token`, or send the report without it."
        ),
        "report_unknown": ProblemType(404, "No such report", "Check the tracking id of the answer to your report."),
        "notice_unknown": ProblemType(404, "No such notice", "Check the id in the list of your notices."),
        "webhook_unsafe": ProblemType(
            422, "The webhook's address is refused", "Give an https address on a public host, without user or password."
        ),
        "takedown_unknown": ProblemType(404, "No such takedown", "Check the id in the feed or in your notice."),
        # Ours: the caller can do nothing but wait.
        "artifact_corrupt": ProblemType(500, "The artifact is damaged", "Try later; we are told.", is_private=True),
        "signing_key_missing": ProblemType(503, "We cannot sign now", "Try again later.", is_private=True),
        "feed_root_missing": ProblemType(503, "We cannot sign now", "Try again later.", is_private=True),
        "feed_gap": ProblemType(503, "We cannot sign now", "Try again later.", is_private=True),
        "feed_key_not_listed": ProblemType(503, "We cannot sign now", "Try again later.", is_private=True),
        INTERNAL_ERROR: ProblemType(
            500,
            "Something went wrong here",
            "Try again later, and quote the request id if it persists.",
            is_private=True,
        ),
    }
)


def find_problem_type(code: str) -> ProblemType:
    """Return the row of a code; a code nobody wrote down is our fault and tells the caller nothing."""
    return PROBLEM_TYPES.get(code, PROBLEM_TYPES[INTERNAL_ERROR])


def build_problem(
    code: str, *, detail: str, public_url: str, request_id: str, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the problem details of RFC 9457, section 3.1, with `code`, `advice` and `request_id` beside them."""
    known = code if code in PROBLEM_TYPES else INTERNAL_ERROR
    kind = PROBLEM_TYPES[known]
    return {
        "type": f"{public_url}/docs/errors#{known}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.advice if kind.is_private or not detail else detail,
        "advice": kind.advice,
        "code": known,
        "request_id": request_id,
        **extra,
    }


def render_page() -> str:
    """The table as docs/errors.md: one row a code, in the table's order."""
    rows = [
        f'| <a id="{code}"></a>`{code}` | {kind.status} | {kind.title} | {kind.advice} |'
        for code, kind in PROBLEM_TYPES.items()
    ]
    return "\n".join([*PAGE_HEAD, *rows, ""])


PAGE_HEAD = (
    "# Errors",
    "",
    "Every refusal is a problem details document (RFC 9457, `application/problem+json`) with these members:",
    "`type`, `title`, `status`, `detail` (what happened), `advice` (what to do), `code` (stable), `request_id`.",
    "`request_invalid` and `manifest_invalid` add `errors`: one entry a field, naming it and what is expected.",
    "Rely on `code`: it does not change. A refused request leaves no row and no file behind.",
    "",
    "Written by `python -m governance.api.problems`; a test compares.",
    "",
    "| code | status | what happened | what to do |",
    "|---|---|---|---|",
)


if __name__ == "__main__":
    sys.stdout.write(render_page())
