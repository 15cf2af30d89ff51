"""Health notes for whoever is promised"""

from alembic import op

revision = "0bb4bb55322b"
down_revision = "8e5ca1e4cdba"


def upgrade() -> None:
    op.execute(
        "create policy provider on health_note as PERMISSIVE for ALL to nowalls_provider using ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = health_note.person_id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL))))) with check ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = health_note.person_id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL)))))"
    )
    op.execute("grant select on health_note to nowalls_provider")
