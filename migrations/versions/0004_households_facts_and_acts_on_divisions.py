"""Households, facts and acts on divisions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "85676141149f"
down_revision = "d8702d06e50b"


def upgrade() -> None:
    op.create_table(
        "division_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=120), nullable=False),
        sa.Column("successors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_division_change")),
        info={"append_only": True, "clerk_sees": "true"},
    )
    op.create_table(
        "roster_division_step",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("old_code", sa.String(length=12), nullable=False),
        sa.Column("new_code", sa.String(length=12), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("split", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", "old_code", "new_code", name=op.f("pk_roster_division_step")),
    )
    op.create_table(
        "household_division",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_division_household_id_household")
        ),
        sa.PrimaryKeyConstraint("household_id", "valid_to", name=op.f("pk_household_division")),
        info={
            "clerk_sees": "exists (select from household h where h.id = household_division.household_id and h.division_code between nowalls_division() and nowalls_division_end())"
        },
    )
    op.create_table(
        "person_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_fact_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_fact")),
        info={
            "clerk_sees": "exists (select from address a where a.person_id = person_fact.person_id and a.valid_to is null and a.division_code between nowalls_division() and nowalls_division_end())",
            "own_sees": "person_id = nowalls_person()",
        },
    )
    op.create_index("ix_person_fact_person_id_kind", "person_fact", ["person_id", "kind", "valid_from"], unique=False)
    op.create_table(
        "undecided_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("successors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_code", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["division_change.id"], name=op.f("fk_undecided_address_change_id_division_change")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_undecided_address_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undecided_address")),
        info={
            "clerk_sees": "exists (select from jsonb_array_elements_text(successors) as part (division_code) where part.division_code between nowalls_division() and nowalls_division_end())"
        },
    )
    op.create_index(
        "uq_undecided_address_open",
        "undecided_address",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("decided_at is null"),
    )
    # Row policies bind the owner too, so rows are rewritten by the change of type and by defaults, not by an UPDATE.
    op.execute(
        "alter table division alter column successor type jsonb"
        " using case when successor is null then '[]'::jsonb else jsonb_build_array(successor) end"
    )
    op.alter_column("division", "successor", new_column_name="successors")
    op.alter_column("division", "successors", nullable=False)
    op.add_column("household", sa.Column("closed_on", sa.Date(), nullable=True))
    op.add_column(
        "household_member",
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.add_column(
        "household_member", sa.Column("recorded_by", sa.String(length=80), nullable=False, server_default="migration")
    )
    op.alter_column("household_member", "recorded_at", server_default=None)
    op.alter_column("household_member", "recorded_by", server_default=None)
    op.create_index(
        "ix_person_death_reported",
        "person",
        ["id"],
        unique=False,
        postgresql_where=sa.text("death_reported_on is not null"),
    )
    op.execute("alter table division_change enable row level security")
    op.execute("alter table division_change force row level security")
    op.execute("alter table household_division enable row level security")
    op.execute("alter table household_division force row level security")
    op.execute("alter table person_fact enable row level security")
    op.execute("alter table person_fact force row level security")
    op.execute("alter table roster_division_step enable row level security")
    op.execute("alter table roster_division_step force row level security")
    op.execute("alter table undecided_address enable row level security")
    op.execute("alter table undecided_address force row level security")
    op.execute(
        "create policy auditor on division_change as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on division_change as PERMISSIVE for ALL to nowalls_clerk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on division_change as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on household_division as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on household_division as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM household h\n"
        "  WHERE ((h.id = household_division.household_id) AND (((h.division_code)::text >= nowalls_division()) AND ((h.division_code)::text <= nowalls_division_end())))))) with check ((EXISTS ( SELECT\n"
        "   FROM household h\n"
        "  WHERE ((h.id = household_division.household_id) AND (((h.division_code)::text >= nowalls_division()) AND ((h.division_code)::text <= nowalls_division_end()))))))"
    )
    op.execute(
        "create policy desk on household_division as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on person_fact as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on person_fact as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = person_fact.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end())))))) with check ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = person_fact.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end()))))))"
    )
    op.execute("create policy desk on person_fact as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy own on person_fact as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on roster_division_step as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on roster_division_step as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on undecided_address as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on undecided_address as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM jsonb_array_elements_text(undecided_address.successors) part(division_code)\n"
        "  WHERE ((part.division_code >= nowalls_division()) AND (part.division_code <= nowalls_division_end()))))) with check ((EXISTS ( SELECT\n"
        "   FROM jsonb_array_elements_text(undecided_address.successors) part(division_code)\n"
        "  WHERE ((part.division_code >= nowalls_division()) AND (part.division_code <= nowalls_division_end())))))"
    )
    op.execute(
        "create policy desk on undecided_address as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("grant select on division_change to nowalls_auditor")
    op.execute("grant select on division_change to nowalls_clerk")
    op.execute("grant insert, select on division_change to nowalls_desk")
    op.execute("grant select on household_division to nowalls_auditor")
    op.execute("grant select on household_division to nowalls_clerk")
    op.execute("grant delete, insert, select, update on household_division to nowalls_desk")
    op.execute("grant select on person_fact to nowalls_auditor")
    op.execute("grant select on person_fact to nowalls_clerk")
    op.execute("grant delete, insert, select, update on person_fact to nowalls_desk")
    op.execute("grant select on person_fact to nowalls_own")
    op.execute("grant select on roster_division_step to nowalls_auditor")
    op.execute("grant delete, insert, select, update on roster_division_step to nowalls_desk")
    op.execute("grant select on undecided_address to nowalls_auditor")
    op.execute("grant select on undecided_address to nowalls_clerk")
    op.execute("grant delete, insert, select, update on undecided_address to nowalls_desk")
