"""The version of nowalls, written here alone: the package's, the HTTP document's and the event document's."""

VERSION = "0.2.0"
