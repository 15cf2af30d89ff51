"""Registers and funds of companion modules"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c41f7d0be926"
down_revision = "53a163bcce48"


def upgrade() -> None:
    op.create_table(
        "civil_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("within_id", sa.Uuid(), nullable=True),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("section", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("inspect_due_on", sa.Date(), nullable=True),
        sa.Column("overdue_for", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_civil_record_person_id_person")),
        sa.ForeignKeyConstraint(
            ["within_id"], ["civil_record.id"], name=op.f("fk_civil_record_within_id_civil_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_record")),
        sa.UniqueConstraint("number", name=op.f("uq_civil_record_number")),
        info={
            "clerk_sees": "section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end()",
            "clerk_may": "select, insert, update",
        },
    )
    op.create_index(
        "uq_civil_record_key",
        "civil_record",
        ["kind", "key"],
        unique=True,
        postgresql_where=sa.text("closed_on is null"),
    )
    op.create_index(
        "uq_civil_record_person",
        "civil_record",
        ["kind", "person_id"],
        unique=True,
        postgresql_where=sa.text("closed_on is null"),
    )
    op.create_index("ix_civil_record_place", "civil_record", ["kind", "division_code", "state"], unique=False)
    op.create_index(
        "ix_civil_record_due",
        "civil_record",
        ["due_on", "inspect_due_on"],
        unique=False,
        postgresql_where=sa.text("closed_on is null"),
    )
    op.create_index(op.f("ix_civil_record_person_id"), "civil_record", ["person_id"], unique=False)
    op.create_index(op.f("ix_civil_record_within_id"), "civil_record", ["within_id"], unique=False)
    op.create_table(
        "civil_record_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["civil_record.id"], name=op.f("fk_civil_record_version_record_id_civil_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_record_version")),
        info={
            "append_only": True,
            "clerk_sees": "exists (select from civil_record r where r.id = civil_record_version.record_id and r.division_code between nowalls_division() and nowalls_division_end() and r.section = any(nowalls_sections()))",
            "clerk_may": "select, insert",
        },
    )
    op.create_index(
        "ix_civil_record_version_day", "civil_record_version", ["record_id", "valid_from", "recorded_at"], unique=False
    )
    op.create_table(
        "civil_inspection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["civil_record.id"], name=op.f("fk_civil_inspection_record_id_civil_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_inspection")),
        info={
            "append_only": True,
            "clerk_sees": "exists (select from civil_record r where r.id = civil_inspection.record_id and r.division_code between nowalls_division() and nowalls_division_end() and r.section = any(nowalls_sections()))",
            "clerk_may": "select, insert",
        },
    )
    op.create_index(op.f("ix_civil_inspection_record_id"), "civil_inspection", ["record_id"], unique=False)
    op.create_table(
        "civil_fund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("section", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_fund")),
        sa.UniqueConstraint("number", name=op.f("uq_civil_fund_number")),
        sa.UniqueConstraint("kind", "division_code", name=op.f("uq_civil_fund_kind")),
        info={
            "clerk_sees": "section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end()"
        },
    )
    op.create_table(
        "civil_fund_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("fen >= 0", name=op.f("ck_civil_fund_plan_fen")),
        sa.ForeignKeyConstraint(["fund_id"], ["civil_fund.id"], name=op.f("fk_civil_fund_plan_fund_id_civil_fund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_fund_plan")),
        info={
            "append_only": True,
            "clerk_sees": "exists (select from civil_fund f where f.id = civil_fund_plan.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections()))",
        },
    )
    op.create_index("ix_civil_fund_plan_year", "civil_fund_plan", ["fund_id", "year", "recorded_at"], unique=False)
    op.create_table(
        "civil_fund_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asker_account_id", sa.Uuid(), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.CheckConstraint("fen > 0", name=op.f("ck_civil_fund_consent_fen")),
        sa.ForeignKeyConstraint(["fund_id"], ["civil_fund.id"], name=op.f("fk_civil_fund_consent_fund_id_civil_fund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_fund_consent")),
        info={
            "clerk_sees": "exists (select from civil_fund f where f.id = civil_fund_consent.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections()))",
            "clerk_may": "select, insert, update",
        },
    )
    op.create_index(op.f("ix_civil_fund_consent_fund_id"), "civil_fund_consent", ["fund_id"], unique=False)
    op.create_index(op.f("ix_civil_fund_consent_subject_id"), "civil_fund_consent", ["subject_id"], unique=False)
    op.create_table(
        "civil_fund_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "fen <> 0 and ((kind = 'payment') = (fen < 0)) = (reverses_id is null)",
            name=op.f("ck_civil_fund_entry_fen"),
        ),
        sa.CheckConstraint("(kind = 'payment') = (subject_id is not null)", name=op.f("ck_civil_fund_entry_subject")),
        sa.ForeignKeyConstraint(["fund_id"], ["civil_fund.id"], name=op.f("fk_civil_fund_entry_fund_id_civil_fund")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_civil_fund_entry_person_id_person")),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["civil_fund_consent.id"], name=op.f("fk_civil_fund_entry_consent_id_civil_fund_consent")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["civil_fund_entry.id"], name=op.f("fk_civil_fund_entry_reverses_id_civil_fund_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_civil_fund_entry")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_civil_fund_entry_reverses_id")),
        sa.UniqueConstraint("consent_id", name=op.f("uq_civil_fund_entry_consent_id")),
        info={
            "append_only": True,
            "clerk_sees": "exists (select from civil_fund f where f.id = civil_fund_entry.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections()))",
            "clerk_may": "select, insert",
        },
    )
    op.create_index("ix_civil_fund_entry_fund_id", "civil_fund_entry", ["fund_id", "entered_on"], unique=False)
    op.create_index(op.f("ix_civil_fund_entry_subject_id"), "civil_fund_entry", ["subject_id"], unique=False)
    op.create_index(op.f("ix_civil_fund_entry_person_id"), "civil_fund_entry", ["person_id"], unique=False)
    op.execute("alter table civil_record enable row level security")
    op.execute("alter table civil_record force row level security")
    op.execute("create policy desk on civil_record to nowalls_desk using (true) with check (true)")
    op.execute("create policy auditor on civil_record to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on civil_record to nowalls_clerk using (section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end()) with check (section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end())"
    )
    op.execute("grant select, insert, update, delete on civil_record to nowalls_desk")
    op.execute("grant select, insert, update on civil_record to nowalls_clerk")
    op.execute("grant select on civil_record to nowalls_auditor")
    op.execute("alter table civil_record_version enable row level security")
    op.execute("alter table civil_record_version force row level security")
    op.execute("create policy desk on civil_record_version to nowalls_desk using (true) with check (true)")
    op.execute("create policy auditor on civil_record_version to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on civil_record_version to nowalls_clerk using (exists (select from civil_record r where r.id = civil_record_version.record_id and r.division_code between nowalls_division() and nowalls_division_end() and r.section = any(nowalls_sections()))) with check (exists (select from civil_record r where r.id = civil_record_version.record_id and r.division_code between nowalls_division() and nowalls_division_end() and r.section = any(nowalls_sections())))"
    )
    op.execute("grant select, insert on civil_record_version to nowalls_desk")
    op.execute("grant select, insert on civil_record_version to nowalls_clerk")
    op.execute("grant select on civil_record_version to nowalls_auditor")
    op.execute("alter table civil_inspection enable row level security")
    op.execute("alter table civil_inspection force row level security")
    op.execute("create policy desk on civil_inspection to nowalls_desk using (true) with check (true)")
    op.execute("create policy auditor on civil_inspection to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on civil_inspection to nowalls_clerk using (exists (select from civil_record r where r.id = civil_inspection.record_id and r.division_code between nowalls_division() and nowalls_division_end() and r.section = any(nowalls_sections()))) with check (exists (select from civil_record r where r.id = civil_inspection.record_id and r.division_code between nowalls_division() and nowalls_division_end() and r.section = any(nowalls_sections())))"
    )
    op.execute("grant select, insert on civil_inspection to nowalls_desk")
    op.execute("grant select, insert on civil_inspection to nowalls_clerk")
    op.execute("grant select on civil_inspection to nowalls_auditor")
    op.execute("alter table civil_fund enable row level security")
    op.execute("alter table civil_fund force row level security")
    op.execute("create policy desk on civil_fund to nowalls_desk using (true) with check (true)")
    op.execute("create policy auditor on civil_fund to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on civil_fund to nowalls_clerk using (section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end()) with check (section = any(nowalls_sections()) and division_code between nowalls_division() and nowalls_division_end())"
    )
    op.execute("grant select, insert, update, delete on civil_fund to nowalls_desk")
    op.execute("grant select on civil_fund to nowalls_clerk")
    op.execute("grant select on civil_fund to nowalls_auditor")
    op.execute("alter table civil_fund_plan enable row level security")
    op.execute("alter table civil_fund_plan force row level security")
    op.execute("create policy desk on civil_fund_plan to nowalls_desk using (true) with check (true)")
    op.execute("create policy auditor on civil_fund_plan to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on civil_fund_plan to nowalls_clerk using (exists (select from civil_fund f where f.id = civil_fund_plan.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections()))) with check (exists (select from civil_fund f where f.id = civil_fund_plan.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections())))"
    )
    op.execute("grant select, insert on civil_fund_plan to nowalls_desk")
    op.execute("grant select on civil_fund_plan to nowalls_clerk")
    op.execute("grant select on civil_fund_plan to nowalls_auditor")
    op.execute("alter table civil_fund_consent enable row level security")
    op.execute("alter table civil_fund_consent force row level security")
    op.execute("create policy desk on civil_fund_consent to nowalls_desk using (true) with check (true)")
    op.execute("create policy auditor on civil_fund_consent to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on civil_fund_consent to nowalls_clerk using (exists (select from civil_fund f where f.id = civil_fund_consent.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections()))) with check (exists (select from civil_fund f where f.id = civil_fund_consent.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections())))"
    )
    op.execute("grant select, insert, update, delete on civil_fund_consent to nowalls_desk")
    op.execute("grant select, insert, update on civil_fund_consent to nowalls_clerk")
    op.execute("grant select on civil_fund_consent to nowalls_auditor")
    op.execute("alter table civil_fund_entry enable row level security")
    op.execute("alter table civil_fund_entry force row level security")
    op.execute("create policy desk on civil_fund_entry to nowalls_desk using (true) with check (true)")
    op.execute("create policy auditor on civil_fund_entry to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on civil_fund_entry to nowalls_clerk using (exists (select from civil_fund f where f.id = civil_fund_entry.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections()))) with check (exists (select from civil_fund f where f.id = civil_fund_entry.fund_id and f.division_code between nowalls_division() and nowalls_division_end() and f.section = any(nowalls_sections())))"
    )
    op.execute("grant select, insert on civil_fund_entry to nowalls_desk")
    op.execute("grant select, insert on civil_fund_entry to nowalls_clerk")
    op.execute("grant select on civil_fund_entry to nowalls_auditor")
    op.execute("grant usage on sequence civil_record_number_seq to nowalls_desk, nowalls_provider")
    op.execute("grant usage on sequence civil_fund_number_seq to nowalls_desk, nowalls_provider")
