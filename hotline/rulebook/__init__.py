"""Profiles and calendars as versions: who changed what, when, why, from when on; drafts, previews, re-judgement."""
