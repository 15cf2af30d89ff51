"""Cases and benefits of companion modules"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "aa6d22bb3e2a"
down_revision = "5d2f0c6e7a31"


def upgrade() -> None:
    op.execute("grant execute on function nowalls_emit(jsonb) to nowalls_clerk")
    op.create_table(
        "civil_pay_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("standards", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("computed_by", sa.String(length=80), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_pay_run")),
    )
    op.create_index(
        "uq_civil_pay_run_month",
        "civil_pay_run",
        ["programme", "month"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "civil_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("section", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_civil_case_household_id_household")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_civil_case_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_case")),
        sa.UniqueConstraint("number", name=op.f("uq_civil_case_number")),
        info={
            "clerk_sees": "section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end()",
            "clerk_may": "select, insert, update",
        },
    )
    op.create_index(
        "ix_civil_case_due", "civil_case", ["due_at"], unique=False, postgresql_where=sa.text("closed_at is null")
    )
    op.create_index(op.f("ix_civil_case_person_id"), "civil_case", ["person_id"], unique=False)
    op.create_index("ix_civil_case_place", "civil_case", ["kind", "division_code", "state"], unique=False)
    op.create_index(
        "uq_civil_case_open",
        "civil_case",
        ["kind", "person_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "civil_case_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("came_from", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["civil_case.id"], name=op.f("fk_civil_case_step_case_id_civil_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_case_step")),
        info={
            "append_only": True,
            "clerk_sees": "exists (select from civil_case c where c.id = civil_case_step.case_id and c.division_code between nowalls_division() and nowalls_division_end() and c.section = any(nowalls_sections()))",
            "clerk_may": "select, insert",
        },
    )
    op.create_index(op.f("ix_civil_case_step_case_id"), "civil_case_step", ["case_id"], unique=False)
    op.create_table(
        "civil_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("section", sa.String(length=32), nullable=False),
        sa.Column("from_month", sa.String(length=7), nullable=False),
        sa.Column("last_month", sa.String(length=7), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["civil_case.id"], name=op.f("fk_civil_grant_case_id_civil_case")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_civil_grant_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_grant")),
        sa.UniqueConstraint("number", name=op.f("uq_civil_grant_number")),
        info={
            "clerk_sees": "section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end()",
            "clerk_may": "select, insert, update",
        },
    )
    op.create_index(op.f("ix_civil_grant_person_id"), "civil_grant", ["person_id"], unique=False)
    op.create_index("ix_civil_grant_programme", "civil_grant", ["programme", "from_month"], unique=False)
    op.create_table(
        "civil_covered",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("from_month", sa.String(length=7), nullable=False),
        sa.Column("last_month", sa.String(length=7), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["civil_grant.id"], name=op.f("fk_civil_covered_grant_id_civil_grant")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_civil_covered_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_covered")),
        info={
            "clerk_sees": "division_code between nowalls_division() and nowalls_division_end()",
            "clerk_may": "select, insert, update",
        },
    )
    op.create_index(op.f("ix_civil_covered_grant_id"), "civil_covered", ["grant_id"], unique=False)
    op.create_index(op.f("ix_civil_covered_person_id"), "civil_covered", ["person_id"], unique=False)
    op.create_index(
        "uq_civil_covered_open",
        "civil_covered",
        ["programme", "person_id"],
        unique=True,
        postgresql_where=sa.text("last_month is null"),
    )
    op.create_table(
        "civil_grant_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("from_month", sa.String(length=7), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["civil_grant.id"], name=op.f("fk_civil_grant_term_grant_id_civil_grant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_grant_term")),
        info={
            "append_only": True,
            "clerk_sees": "exists (select from civil_grant g where g.id = civil_grant_term.grant_id and g.division_code between nowalls_division() and nowalls_division_end() and g.section = any(nowalls_sections()))",
            "clerk_may": "select, insert",
        },
    )
    op.create_index(op.f("ix_civil_grant_term_grant_id"), "civil_grant_term", ["grant_id"], unique=False)
    op.create_table(
        "civil_pay_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("component", sa.String(length=32), nullable=False),
        sa.Column("due_fen", sa.BigInteger(), nullable=False),
        sa.Column("before_fen", sa.BigInteger(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("claim", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["civil_grant.id"], name=op.f("fk_civil_pay_line_grant_id_civil_grant")),
        sa.ForeignKeyConstraint(["run_id"], ["civil_pay_run.id"], name=op.f("fk_civil_pay_line_run_id_civil_pay_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_pay_line")),
        sa.UniqueConstraint("run_id", "grant_id", "month", "component", name=op.f("uq_civil_pay_line_run_id")),
        info={"append_only": True},
    )
    op.create_index("ix_civil_pay_line_grant_id", "civil_pay_line", ["grant_id", "month"], unique=False)
    op.create_table(
        "civil_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_reason", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["grant_id"], ["civil_grant.id"], name=op.f("fk_civil_payment_grant_id_civil_grant")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_civil_payment_person_id_person")),
        sa.ForeignKeyConstraint(["run_id"], ["civil_pay_run.id"], name=op.f("fk_civil_payment_run_id_civil_pay_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_payment")),
        sa.UniqueConstraint("run_id", "grant_id", name=op.f("uq_civil_payment_run_id")),
    )
    op.create_index(op.f("ix_civil_payment_grant_id"), "civil_payment", ["grant_id"], unique=False)
    op.add_column("idempotency_key", sa.Column("division_code", sa.String(length=12), nullable=True))
    op.execute("alter table civil_case enable row level security")
    op.execute("alter table civil_case force row level security")
    op.execute("alter table civil_case_step enable row level security")
    op.execute("alter table civil_case_step force row level security")
    op.execute("alter table civil_covered enable row level security")
    op.execute("alter table civil_covered force row level security")
    op.execute("alter table civil_grant enable row level security")
    op.execute("alter table civil_grant force row level security")
    op.execute("alter table civil_grant_term enable row level security")
    op.execute("alter table civil_grant_term force row level security")
    op.execute("alter table civil_pay_line enable row level security")
    op.execute("alter table civil_pay_line force row level security")
    op.execute("alter table civil_pay_run enable row level security")
    op.execute("alter table civil_pay_run force row level security")
    op.execute("alter table civil_payment enable row level security")
    op.execute("alter table civil_payment force row level security")
    op.execute(
        "create policy auditor on civil_case as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on civil_case as PERMISSIVE for ALL to nowalls_clerk using ((((section)::text = ANY (nowalls_sections())) AND (((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end())))) with check ((((section)::text = ANY (nowalls_sections())) AND (((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end()))))"
    )
    op.execute("create policy desk on civil_case as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy auditor on civil_case_step as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on civil_case_step as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM civil_case c\n"
        "  WHERE ((c.id = civil_case_step.case_id) AND (((c.division_code)::text >= nowalls_division()) AND ((c.division_code)::text <= nowalls_division_end())) AND ((c.section)::text = ANY (nowalls_sections())))))) with check ((EXISTS ( SELECT\n"
        "   FROM civil_case c\n"
        "  WHERE ((c.id = civil_case_step.case_id) AND (((c.division_code)::text >= nowalls_division()) AND ((c.division_code)::text <= nowalls_division_end())) AND ((c.section)::text = ANY (nowalls_sections()))))))"
    )
    op.execute(
        "create policy desk on civil_case_step as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on civil_covered as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on civil_covered as PERMISSIVE for ALL to nowalls_clerk using ((((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end()))) with check ((((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end())))"
    )
    op.execute(
        "create policy desk on civil_covered as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on civil_grant as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on civil_grant as PERMISSIVE for ALL to nowalls_clerk using ((((section)::text = ANY (nowalls_sections())) AND (((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end())))) with check ((((section)::text = ANY (nowalls_sections())) AND (((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end()))))"
    )
    op.execute("create policy desk on civil_grant as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy auditor on civil_grant_term as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on civil_grant_term as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM civil_grant g\n"
        "  WHERE ((g.id = civil_grant_term.grant_id) AND (((g.division_code)::text >= nowalls_division()) AND ((g.division_code)::text <= nowalls_division_end())) AND ((g.section)::text = ANY (nowalls_sections())))))) with check ((EXISTS ( SELECT\n"
        "   FROM civil_grant g\n"
        "  WHERE ((g.id = civil_grant_term.grant_id) AND (((g.division_code)::text >= nowalls_division()) AND ((g.division_code)::text <= nowalls_division_end())) AND ((g.section)::text = ANY (nowalls_sections()))))))"
    )
    op.execute(
        "create policy desk on civil_grant_term as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on civil_pay_line as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on civil_pay_line as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on civil_pay_run as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on civil_pay_run as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on civil_payment as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy desk on civil_payment as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on idempotency_key as PERMISSIVE for ALL to nowalls_clerk using (((division_code)::text = nowalls_division())) with check (((division_code)::text = nowalls_division()))"
    )
    op.execute("grant select on civil_case to nowalls_auditor")
    op.execute("grant insert, select, update on civil_case to nowalls_clerk")
    op.execute("grant delete, insert, select, update on civil_case to nowalls_desk")
    op.execute("grant usage on sequence civil_case_number_seq to nowalls_desk")
    op.execute("grant usage on sequence civil_case_number_seq to nowalls_provider")
    op.execute("grant select on civil_case_step to nowalls_auditor")
    op.execute("grant insert, select on civil_case_step to nowalls_clerk")
    op.execute("grant insert, select on civil_case_step to nowalls_desk")
    op.execute("grant select on civil_covered to nowalls_auditor")
    op.execute("grant insert, select, update on civil_covered to nowalls_clerk")
    op.execute("grant delete, insert, select, update on civil_covered to nowalls_desk")
    op.execute("grant select on civil_grant to nowalls_auditor")
    op.execute("grant insert, select, update on civil_grant to nowalls_clerk")
    op.execute("grant delete, insert, select, update on civil_grant to nowalls_desk")
    op.execute("grant usage on sequence civil_grant_number_seq to nowalls_desk")
    op.execute("grant usage on sequence civil_grant_number_seq to nowalls_provider")
    op.execute("grant select on civil_grant_term to nowalls_auditor")
    op.execute("grant insert, select on civil_grant_term to nowalls_clerk")
    op.execute("grant insert, select on civil_grant_term to nowalls_desk")
    op.execute("grant select on civil_pay_line to nowalls_auditor")
    op.execute("grant insert, select on civil_pay_line to nowalls_desk")
    op.execute("grant select on civil_pay_run to nowalls_auditor")
    op.execute("grant delete, insert, select, update on civil_pay_run to nowalls_desk")
    op.execute("grant select on civil_payment to nowalls_auditor")
    op.execute("grant delete, insert, select, update on civil_payment to nowalls_desk")
    op.execute("grant insert, select, update on idempotency_key to nowalls_clerk")
