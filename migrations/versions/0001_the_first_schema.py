"""The first schema"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from events.model import TransactionId

revision = "210d9f7223ba"
down_revision = None


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION public.ledger_balances()\n"
        " RETURNS trigger\n"
        " LANGUAGE plpgsql\n"
        "AS $function$\n"
        "begin\n"
        "  if exists (select from posted group by posting_id having sum(fen) <> 0) then\n"
        "    raise exception 'a posting does not sum to zero' using errcode = 'check_violation';\n"
        "  end if;\n"
        "  return null;\n"
        "end $function$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION public.nowalls_provider()\n"
        " RETURNS uuid\n"
        " LANGUAGE sql\n"
        " STABLE PARALLEL SAFE\n"
        "AS $function$ select nullif(current_setting('app.provider', true), '')::uuid $function$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION public.nowalls_tell(told jsonb)\n"
        " RETURNS void\n"
        " LANGUAGE plpgsql\n"
        " SECURITY DEFINER\n"
        " SET search_path TO 'public', 'pg_temp'\n"
        "AS $function$\n"
        "begin\n"
        "  insert into event_log (id, type, topic, key, subject, occurred_at, actor, correlation, causation, data)\n"
        "  select (e->'headers'->>'ce_id')::uuid, e->'headers'->>'ce_type', e->>'topic', e->>'key', e->'headers'->>'ce_subject',\n"
        "         (e->'headers'->>'ce_time')::timestamptz, e->'headers'->>'ce_actor', (e->'headers'->>'ce_correlation')::uuid,\n"
        "         (e->'headers'->>'ce_causation')::uuid, e->'data'\n"
        "  from jsonb_array_elements(told) with ordinality as t(e, n) order by n;\n"
        "  insert into event_delivery (queue, payload, headers)\n"
        "  select g, convert_to((e->'data')::text, 'UTF8'), e->'headers'\n"
        "  from jsonb_array_elements(told) with ordinality as t(e, n), jsonb_array_elements_text(e->'groups') g order by n;\n"
        "  insert into event_outgoing (topic, key, headers, body)\n"
        "  select e->>'topic', e->>'key', e->'headers', convert_to((e->'data')::text, 'UTF8')\n"
        "  from jsonb_array_elements(told) with ordinality as t(e, n) where (e->>'outgoing')::boolean order by n;\n"
        "  perform pg_notify('outbox_event_delivery', g) from\n"
        "    (select distinct g from jsonb_array_elements(told) e, jsonb_array_elements_text(e->'groups') g) as groups;\n"
        "  perform pg_notify('nowalls_outgoing', '') where told @> '[{\"outgoing\": true}]';\n"
        "  perform pg_notify('nowalls_live', jsonb_build_object('id', e->'headers'->'ce_id', 'type', e->'headers'->'ce_type',\n"
        "    'subject', e->'headers'->'ce_subject', 'provider', e->'data'->'provider_id', 'at', e->'headers'->'ce_time')::text)\n"
        "  from jsonb_array_elements(told) e;\n"
        "end $function$"
    )
    op.execute("revoke all on function nowalls_tell(jsonb) from public")
    op.execute("grant execute on function nowalls_tell(jsonb) to nowalls_desk")
    op.execute("grant execute on function nowalls_tell(jsonb) to nowalls_provider")
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_proposed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_active", sa.Boolean(), nullable=False),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )
    op.create_index(op.f("ix_account_provider_id"), "account", ["provider_id"], unique=False)
    op.create_table(
        "barred",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("lifted_at is null or lifted_at >= since", name=op.f("ck_barred_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barred")),
    )
    op.create_index(
        "uq_barred_pair",
        "barred",
        ["person_id", "worker_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )
    op.create_table(
        "call_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("saved_by", sa.String(length=80), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_call_back_visit_id")),
    )
    op.create_index(
        "ix_call_back_open", "call_back", ["due_at"], unique=False, postgresql_where=sa.text("state = 'asked'")
    )
    op.create_table(
        "call_back_draw",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seed", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seed_hash", sa.String(length=64), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_by", sa.String(length=80), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=True),
        sa.Column("drawn", sa.Integer(), nullable=True),
        sa.Column("list_hash", sa.String(length=64), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_call_back_draw")),
    )
    op.create_table(
        "charge_standards",
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_charge_standards")),
        info={"provider_sees": "true", "append_only": True},
    )
    op.create_table(
        "company",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("state_reason", sa.String(length=200), nullable=True),
        sa.Column("grade", sa.String(length=1), nullable=True),
        sa.Column("medical_licence", sa.String(length=40), nullable=True),
        sa.Column("medical_licence_until", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("bank_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("bank_blind", sa.LargeBinary(), nullable=True),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("number", name=op.f("uq_company_number")),
        sa.UniqueConstraint("uscc", name=op.f("uq_company_uscc")),
        info={"provider_sees": "id = nowalls_provider()"},
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("deduction_percent", sa.SmallInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("deduction_percent between 0 and 100", name=op.f("ck_complaint_deduction_percent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("number", name=op.f("uq_complaint_number")),
        info={
            "provider_sees": "provider_id = nowalls_provider()",
            "provider_may": "select (id, number, visit_id, provider_id, state, received_at, due_at, upheld, deduction_percent)",
        },
    )
    op.create_index(
        "ix_complaint_open", "complaint", ["due_at"], unique=False, postgresql_where=sa.text("due_at is not null")
    )
    op.create_index(op.f("ix_complaint_visit_id"), "complaint", ["visit_id"], unique=False)
    op.create_table(
        "decision_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("worker_number", sa.BigInteger(), nullable=True),
        sa.Column("second_worker_number", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ask", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("beaten", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ruled_out", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("relaxation", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("snapshot_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_record")),
        info={"append_only": True},
    )
    op.create_index("ix_decision_record_decided_at", "decision_record", ["decided_at"], unique=False)
    op.create_index("ix_decision_record_request_id", "decision_record", ["request_id", "attempt"], unique=False)
    op.create_table(
        "division",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("area_class", sa.String(length=32), nullable=False),
        sa.Column("parent", sa.String(length=12), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor", sa.String(length=12), nullable=True),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name=op.f("ck_division_window")),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_division")),
        info={"provider_sees": "true"},
    )
    op.create_index(op.f("ix_division_parent"), "division", ["parent"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("publicised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspend_reason", sa.String(length=32), nullable=True),
        sa.Column("reassess_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    op.create_index(op.f("ix_enrolment_person_id"), "enrolment", ["person_id"], unique=False)
    op.create_index(
        "ix_enrolment_reassess",
        "enrolment",
        ["reassess_on"],
        unique=False,
        postgresql_where=sa.text("state in ('active', 'suspended')"),
    )
    op.create_index(
        "uq_enrolment_open", "enrolment", ["person_id"], unique=True, postgresql_where=sa.text("state <> 'ended'")
    )
    op.create_table(
        "escalation_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_role", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_case")),
    )
    op.create_index(
        "ix_escalation_case_due",
        "escalation_case",
        ["owner_role", "due_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index("ix_escalation_case_subject", "escalation_case", ["subject_id"], unique=False)
    op.create_index(
        "uq_escalation_case_open",
        "escalation_case",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "event_delivery",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempts_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("deliveries_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("first_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acquired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acquired_token", sa.Uuid(), nullable=True),
        sa.Column("timer_id", sa.String(length=255), nullable=True),
        sa.CheckConstraint(
            "(acquired_token IS NULL) = (acquired_at IS NULL)", name=op.f("ck_event_delivery_event_delivery_lease_ck")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_delivery")),
    )
    op.create_index(
        "event_delivery_leased_idx",
        "event_delivery",
        ["queue", "next_attempt_at", "id"],
        unique=False,
        postgresql_where=sa.text("acquired_token IS NOT NULL"),
    )
    op.create_index(
        "event_delivery_pending_idx",
        "event_delivery",
        ["queue", "next_attempt_at", "id"],
        unique=False,
        postgresql_where=sa.text("acquired_token IS NULL"),
    )
    op.create_index(
        "event_delivery_timer_id_uq",
        "event_delivery",
        ["queue", "timer_id"],
        unique=True,
        postgresql_where=sa.text("timer_id IS NOT NULL"),
    )
    op.create_table(
        "event_inbox",
        sa.Column("group", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("group", "event_id", name=op.f("pk_event_inbox")),
    )
    op.create_table(
        "event_log",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("correlation", sa.Uuid(), nullable=False),
        sa.Column("causation", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("written_by", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event_log")),
        sa.UniqueConstraint("id", name=op.f("uq_event_log_id")),
        info={"append_only": True},
    )
    op.create_index("ix_event_log_sealing", "event_log", ["written_by", "position"], unique=False)
    op.create_index("ix_event_log_subject", "event_log", ["subject", "position"], unique=False)
    op.create_index("ix_event_log_type", "event_log", ["type", "position"], unique=False)
    op.create_table(
        "event_outgoing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_outgoing")),
    )
    op.create_table(
        "event_parked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_parked")),
    )
    op.create_index(
        "ix_event_parked_waiting",
        "event_parked",
        ["group"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "event_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("written_by", TransactionId(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event_seal")),
        sa.UniqueConstraint("position", name=op.f("uq_event_seal_position")),
        info={"append_only": True},
    )
    op.create_table(
        "finding",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visit_id", "source_id", "kind", "reason", name=op.f("pk_finding")),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("number", name=op.f("uq_household_number")),
    )
    op.create_index(op.f("ix_household_division_code"), "household", ["division_code"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_idempotency_key")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert, update"},
    )
    op.create_index(op.f("ix_idempotency_key_claimed_at"), "idempotency_key", ["claimed_at"], unique=False)
    op.create_table(
        "item",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("skill", sa.String(length=32), nullable=False),
        sa.Column("two_person_from_level", sa.SmallInteger(), nullable=True),
        sa.Column("window_from", sa.SmallInteger(), nullable=False),
        sa.Column("window_to", sa.SmallInteger(), nullable=False),
        sa.Column("medical", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "0 <= window_from and window_from < window_to and window_to <= 1440", name=op.f("ck_item_window")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_item_minutes")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_item")),
        info={"provider_sees": "true"},
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fen <> 0", name=op.f("ck_ledger_entry_fen")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_ledger_entry_posting_id"), "ledger_entry", ["posting_id"], unique=False)
    op.create_index("ix_ledger_entry_provider_id_account", "ledger_entry", ["provider_id", "account"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sex", sa.String(length=32), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("id_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_blind", sa.LargeBinary(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("death_reported_on", sa.Date(), nullable=True),
        sa.Column("death_source", sa.String(length=40), nullable=True),
        sa.Column("death_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("death_reported_by", sa.String(length=80), nullable=True),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("death_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("death_confirmed_by", sa.String(length=80), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("id_blind", name=op.f("uq_person_id_blind")),
        sa.UniqueConstraint("number", name=op.f("uq_person_number")),
        info={
            "provider_sees": "exists (select from disclosure d where d.person_id = person.id and d.provider_id = nowalls_provider() and d.closed_at is null)"
        },
    )
    op.create_index(op.f("ix_person_name"), "person", ["name"], unique=False)
    op.create_table(
        "rateable",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("code_tries", sa.SmallInteger(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("call_state", sa.String(length=32), nullable=True),
        sa.Column("drawn_on", sa.Date(), nullable=True),
        sa.CheckConstraint("valid = (score is not null and channel <> 'auto')", name=op.f("ck_rateable_valid")),
        sa.CheckConstraint("score between 1 and 5", name=op.f("ck_rateable_score")),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_rateable")),
        info={
            "provider_sees": "provider_id = nowalls_provider()",
            "provider_may": "select (provider_id, item_code, division_code, month, score, channel, valid, call_state)",
        },
    )
    op.create_index(
        "ix_rateable_counting",
        "rateable",
        ["month", "provider_id", "item_code", "division_code"],
        unique=False,
        postgresql_include=["score", "channel", "valid", "call_state"],
    )
    op.create_index(op.f("ix_rateable_person_id"), "rateable", ["person_id"], unique=False)
    op.create_index(
        "ix_rateable_silent", "rateable", ["finished_at"], unique=False, postgresql_where=sa.text("channel is null")
    )
    op.create_index(
        "ix_rateable_undrawn", "rateable", ["finished_at"], unique=False, postgresql_where=sa.text("drawn_on is null")
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_rating_visit_id"), "rating", ["visit_id"], unique=False)
    op.create_table(
        "read_audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reader", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_audit")),
        info={
            "append_only": True,
            "provider_sees": "provider_id = nowalls_provider()",
            "provider_may": "select, insert",
        },
    )
    op.create_index(op.f("ix_read_audit_person_id"), "read_audit", ["person_id"], unique=False)
    op.create_index(op.f("ix_read_audit_read_at"), "read_audit", ["read_at"], unique=False)
    op.create_table(
        "refused_call",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_refused_call")),
    )
    op.create_table(
        "rehearsal",
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("ahead_seconds", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ahead_seconds >= 0", name=op.f("ck_rehearsal_forward")),
        sa.CheckConstraint("single", name=op.f("ck_rehearsal_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_rehearsal")),
        info={"provider_sees": "true"},
    )
    op.create_table(
        "rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        info={"append_only": True, "provider_sees": "true"},
    )
    op.create_index(op.f("ix_rule_name"), "rule", ["name"], unique=False)
    op.create_table(
        "settlement_deceased",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_settlement_deceased")),
    )
    op.create_table(
        "simulated_part",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "number", name=op.f("pk_simulated_part")),
        sa.UniqueConstraint("id", name=op.f("uq_simulated_part_id")),
    )
    op.create_table(
        "simulation",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_simulation")),
    )
    op.create_table(
        "standing_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("accept_own_cost", sa.Boolean(), nullable=False),
        sa.Column("sex_wanted", sa.String(length=32), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.CheckConstraint("from_minute < to_minute", name=op.f("ck_standing_order_window")),
        sa.CheckConstraint("weekdays between 1 and 127", name=op.f("ck_standing_order_weekdays")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_order")),
        sa.UniqueConstraint("number", name=op.f("uq_standing_order_number")),
    )
    op.create_index(
        "ix_standing_order_active",
        "standing_order",
        ["starts_on"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(op.f("ix_standing_order_person_id"), "standing_order", ["person_id"], unique=False)
    op.create_table(
        "statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("claimed_fen", sa.BigInteger(), nullable=False),
        sa.Column("deducted_fen", sa.BigInteger(), nullable=False),
        sa.Column("payable_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidised_fen", sa.BigInteger(), nullable=False),
        sa.Column("own_fen", sa.BigInteger(), nullable=False),
        sa.Column("rule_versions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("drawn_by", sa.String(length=80), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=80), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_by", sa.String(length=80), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("claimed_fen - deducted_fen = payable_fen", name=op.f("ck_statement_deduction")),
        sa.CheckConstraint("subsidised_fen + own_fen = payable_fen", name=op.f("ck_statement_split")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("provider_id", "month", name=op.f("uq_statement_provider_id")),
        info={
            "provider_sees": "provider_id = nowalls_provider()",
            "provider_may": "select, update (state, confirmed_by, confirmed_at)",
        },
    )
    op.create_index(op.f("ix_statement_month"), "statement", ["month"], unique=False)
    op.create_table(
        "tries",
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.LargeBinary(length=32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "place", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_last_at"), "tries", ["last_at"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("worker_number", sa.BigInteger(), nullable=False),
        sa.Column("second_worker_id", sa.Uuid(), nullable=True),
        sa.Column("second_worker_number", sa.BigInteger(), nullable=True),
        sa.Column("planned_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("grade", sa.String(length=1), nullable=True),
        sa.Column("flags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("backfilled_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("rework_of", sa.Uuid(), nullable=True),
        sa.Column("disclosed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("request_id", "attempt", name=op.f("uq_visit_request_id")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, update"},
    )
    op.create_index(
        "ix_visit_open",
        "visit",
        ["planned_start"],
        unique=False,
        postgresql_where=sa.text("state in ('accepted','departed','arrived')"),
    )
    op.create_index("ix_visit_person_planned", "visit", ["person_id", "planned_start"], unique=False)
    op.create_index("ix_visit_provider_planned", "visit", ["provider_id", "planned_start"], unique=False)
    op.create_index("ix_visit_worker_planned", "visit", ["worker_id", "planned_start"], unique=False)
    op.create_table(
        "wallet",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("granted_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_in_fen", sa.BigInteger(), nullable=False),
        sa.Column("free_fen", sa.BigInteger(), nullable=False),
        sa.Column("held_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_fen", sa.BigInteger(), nullable=False),
        sa.Column("expired_fen", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("free_fen >= 0", name=op.f("ck_wallet_free")),
        sa.CheckConstraint(
            "granted_fen + carried_in_fen = free_fen + held_fen + spent_fen + carried_out_fen + expired_fen",
            name=op.f("ck_wallet_whole"),
        ),
        sa.CheckConstraint("held_fen >= 0", name=op.f("ck_wallet_held")),
        sa.CheckConstraint("spent_fen >= 0", name=op.f("ck_wallet_spent")),
        sa.PrimaryKeyConstraint("person_id", "month", name=op.f("pk_wallet")),
    )
    op.create_index("ix_wallet_open", "wallet", ["month"], unique=False, postgresql_where=sa.text("closed_at is null"))
    op.create_table(
        "wallet_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("from_account", sa.String(length=32), nullable=False),
        sa.Column("to_account", sa.String(length=32), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("charge_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("fen > 0", name=op.f("ck_wallet_entry_fen")),
        sa.CheckConstraint("from_account <> to_account", name=op.f("ck_wallet_entry_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_entry")),
        info={"append_only": True},
    )
    op.create_index("ix_wallet_entry_month", "wallet_entry", ["person_id", "month"], unique=False)
    op.create_index("ix_wallet_entry_request", "wallet_entry", ["request_id"], unique=False)
    op.create_table(
        "account_recovery_code",
        sa.Column("blind", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_recovery_code_account_id_account")
        ),
        sa.PrimaryKeyConstraint("blind", name=op.f("pk_account_recovery_code")),
    )
    op.create_index(op.f("ix_account_recovery_code_account_id"), "account_recovery_code", ["account_id"], unique=False)
    op.create_table(
        "account_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_session_account_id_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_session")),
        sa.UniqueConstraint("id", name=op.f("uq_account_session_id")),
    )
    op.create_index(
        "ix_account_session_account",
        "account_session",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=True),
        sa.Column("distance_metres", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("accuracy_metres", sa.Double(), nullable=True),
        sa.Column("fix_age_seconds", sa.Double(), nullable=True),
        sa.Column("mocked", sa.Boolean(), nullable=False),
        sa.Column("code_matches", sa.Boolean(), nullable=True),
        sa.Column("home_matches", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_act_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        info={
            "provider_sees": "provider_id = nowalls_provider()",
            "provider_may": "select, insert",
            "append_only": True,
        },
    )
    op.create_index("ix_act_visit_sequence", "act", ["visit_id", "sequence"], unique=False)
    op.create_table(
        "address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("datum", sa.String(length=32), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_address_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        info={
            "provider_sees": "exists (select from disclosure d where d.person_id = address.person_id and d.provider_id = nowalls_provider() and d.closed_at is null)"
        },
    )
    op.create_index(op.f("ix_address_division_code"), "address", ["division_code"], unique=False)
    op.create_index(op.f("ix_address_person_id"), "address", ["person_id"], unique=False)
    op.create_index(
        "uq_address_current", "address", ["person_id"], unique=True, postgresql_where=sa.text("valid_to is null")
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("booked_for", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_assessor_id", sa.Uuid(), nullable=False),
        sa.Column("second_assessor_id", sa.Uuid(), nullable=False),
        sa.Column("findings_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_assessor_id <> second_assessor_id", name=op.f("ck_assessment_two_assessors")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_assessment_enrolment_id_enrolment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
    )
    op.create_index(op.f("ix_assessment_enrolment_id"), "assessment", ["enrolment_id"], unique=False)
    op.create_index(
        "uq_assessment_booked",
        "assessment",
        ["enrolment_id"],
        unique=True,
        postgresql_where=sa.text("assessed_at is null"),
    )
    op.create_table(
        "bank_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("number_blind", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_bank_account_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_account")),
    )
    op.create_index(op.f("ix_bank_account_number_blind"), "bank_account", ["number_blind"], unique=False)
    op.create_index(op.f("ix_bank_account_person_id"), "bank_account", ["person_id"], unique=False)
    op.create_index(
        "uq_bank_account_current",
        "bank_account",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("worker_number", sa.BigInteger(), nullable=False),
        sa.Column("leading", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("begun", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("changed_xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(worker_number, worker_number, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("active"),
            using="gist",
            name="booking_one_place_at_a_time",
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_booking_visit_id_visit"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert, update"},
    )
    op.create_index("ix_booking_changed", "booking", ["changed_xid"], unique=False)
    op.create_index(op.f("ix_booking_visit_id"), "booking", ["visit_id"], unique=False)
    op.create_table(
        "care_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("skill", sa.String(length=8), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("sex_wanted", sa.String(length=32), nullable=True),
        sa.Column("earliest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=True),
        sa.Column("standing_order_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.String(length=1), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("copay_percent", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("quota_held_fen", sa.BigInteger(), nullable=False),
        sa.Column("over_quota", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.Column("cancelled_by", sa.String(length=32), nullable=True),
        sa.Column("chargeable", sa.Boolean(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("earliest < latest", name=op.f("ck_care_request_window")),
        sa.CheckConstraint("persons in (1, 2)", name=op.f("ck_care_request_persons")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_care_request_quantity")),
        sa.CheckConstraint("quota_held_fen between 0 and price_fen", name=op.f("ck_care_request_held")),
        sa.ForeignKeyConstraint(
            ["standing_order_id"], ["standing_order.id"], name=op.f("fk_care_request_standing_order_id_standing_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_request")),
        sa.UniqueConstraint("number", name=op.f("uq_care_request_number")),
        sa.UniqueConstraint("source_key", name=op.f("uq_care_request_source_key")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, update"},
    )
    op.create_index(
        "ix_care_request_open",
        "care_request",
        ["state", "latest"],
        unique=False,
        postgresql_where=sa.text("state in ('waiting', 'offered', 'accepted', 'under_way')"),
    )
    op.create_index("ix_care_request_person", "care_request", ["person_id", "earliest"], unique=False)
    op.create_index(
        "ix_care_request_provider",
        "care_request",
        ["provider_id", "earliest"],
        unique=False,
        postgresql_where=sa.text("provider_id is not null"),
    )
    op.create_table(
        "charge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("planned_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.String(length=12), nullable=False),
        sa.Column("claimed_fen", sa.BigInteger(), nullable=False),
        sa.Column("deducted_fen", sa.BigInteger(), nullable=False),
        sa.Column("payable_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidised_fen", sa.BigInteger(), nullable=False),
        sa.Column("own_fen", sa.BigInteger(), nullable=False),
        sa.Column("deductions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind = 'reversal' or (payable_fen >= 0 and deducted_fen >= 0)", name=op.f("ck_charge_sign")
        ),
        sa.CheckConstraint("claimed_fen - deducted_fen = payable_fen", name=op.f("ck_charge_deduction")),
        sa.CheckConstraint("subsidised_fen + own_fen = payable_fen", name=op.f("ck_charge_split")),
        sa.ForeignKeyConstraint(
            ["rule_version"], ["charge_standards.version"], name=op.f("fk_charge_rule_version_charge_standards")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("visit_id", "revision", "kind", name=op.f("uq_charge_visit_id")),
        info={"provider_sees": "provider_id = nowalls_provider()", "append_only": True},
    )
    op.create_index(op.f("ix_charge_person_id"), "charge", ["person_id"], unique=False)
    op.create_index("ix_charge_provider_id_month", "charge", ["provider_id", "month"], unique=False)
    op.create_table(
        "complaint_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_step_complaint_id_complaint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_step")),
        info={"append_only": True},
    )
    op.create_index(op.f("ix_complaint_step_complaint_id"), "complaint_step", ["complaint_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_blind", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contact_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        info={
            "provider_sees": "exists (select from disclosure d where d.person_id = contact.person_id and d.provider_id = nowalls_provider() and d.closed_at is null)"
        },
    )
    op.create_index(op.f("ix_contact_person_id"), "contact", ["person_id"], unique=False)
    op.create_index(op.f("ix_contact_phone_blind"), "contact", ["phone_blind"], unique=False)
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("monthly_capacity", sa.Integer(), nullable=False),
        sa.Column("share_target", sa.Double(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("monthly_capacity >= 0", name=op.f("ck_contract_capacity")),
        sa.CheckConstraint("share_target between 0 and 1", name=op.f("ck_contract_share")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_contract_window")),
        sa.ForeignKeyConstraint(["provider_id"], ["company.id"], name=op.f("fk_contract_provider_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        info={"provider_sees": "provider_id = nowalls_provider()"},
    )
    op.create_index(op.f("ix_contract_provider_id"), "contract", ["provider_id"], unique=False)
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_disclosure_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
        info={"provider_sees": "provider_id = nowalls_provider()"},
    )
    op.create_index(
        "uq_disclosure_open",
        "disclosure",
        ["person_id", "provider_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "enrolment_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("from_month", sa.String(length=7), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_term_enrolment_id_enrolment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_term")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_enrolment_term_person", "enrolment_term", ["person_id", "from_month", "recorded_at"], unique=False
    )
    op.create_table(
        "health_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_health_note_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_note")),
    )
    op.create_index(op.f("ix_health_note_person_id"), "health_note", ["person_id"], unique=False)
    op.create_table(
        "household_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("head", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name=op.f("ck_household_member_window")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_member_household_id_household")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_household_member_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_member")),
    )
    op.create_index(op.f("ix_household_member_household_id"), "household_member", ["household_id"], unique=False)
    op.create_index(op.f("ix_household_member_person_id"), "household_member", ["person_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_offer_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_offer_visit_id")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, update"},
    )
    op.create_index("ix_offer_open", "offer", ["deadline"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_offer_provider_made", "offer", ["provider_id", "made_at"], unique=False)
    op.create_index(op.f("ix_offer_request_id"), "offer", ["request_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("paid_by", sa.String(length=80), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_payment_statement_id_statement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_payment_statement_id")),
        info={"provider_sees": "provider_id = nowalls_provider()", "append_only": True},
    )
    op.create_index(op.f("ix_payment_month"), "payment", ["month"], unique=False)
    op.create_table(
        "price",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("fen >= 0", name=op.f("ck_price_fen")),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name=op.f("ck_price_window")),
        sa.ForeignKeyConstraint(["item_code"], ["item.code"], name=op.f("fk_price_item_code_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
        info={"provider_sees": "true", "append_only": True},
    )
    op.create_index("ix_price_item_code_recorded_at", "price", ["item_code", "recorded_at"], unique=False)
    op.create_table(
        "roster_revision",
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["company.id"], name=op.f("fk_roster_revision_provider_id_company")),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_roster_revision")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert, update"},
    )
    op.create_table(
        "standing_day",
        sa.Column("standing_order_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("skipped", sa.String(length=80), nullable=True),
        sa.CheckConstraint("(request_id is null) <> (skipped is null)", name=op.f("ck_standing_day_one_outcome")),
        sa.ForeignKeyConstraint(
            ["standing_order_id"], ["standing_order.id"], name=op.f("fk_standing_day_standing_order_id_standing_order")
        ),
        sa.PrimaryKeyConstraint("standing_order_id", "day", name=op.f("pk_standing_day")),
        info={"append_only": True},
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sex", sa.String(length=32), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("datum", sa.String(length=32), nullable=False),
        sa.Column("transport", sa.String(length=32), nullable=False),
        sa.Column("max_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("id_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_blind", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_blind", sa.LargeBinary(), nullable=True),
        sa.Column("hired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("max_minutes between 1 and 1440", name=op.f("ck_worker_max_minutes")),
        sa.ForeignKeyConstraint(["provider_id"], ["company.id"], name=op.f("fk_worker_provider_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
        sa.UniqueConstraint("number", name=op.f("uq_worker_number")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert, update"},
    )
    op.create_index(op.f("ix_worker_phone_blind"), "worker", ["phone_blind"], unique=False)
    op.create_index(op.f("ix_worker_provider_id"), "worker", ["provider_id"], unique=False)
    op.create_index(
        "uq_worker_id_blind",
        "worker",
        ["id_blind", "provider_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_absence_window")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_absence_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert, update"},
    )
    op.create_index(op.f("ix_absence_from_at"), "absence", ["from_at"], unique=False)
    op.create_index(op.f("ix_absence_worker_id"), "absence", ["worker_id"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.CheckConstraint("expires_on >= valid_from", name=op.f("ck_certificate_window")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_certificate_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert"},
    )
    op.create_index(op.f("ix_certificate_worker_id"), "certificate", ["worker_id"], unique=False)
    op.create_index("uq_certificate_skill", "certificate", ["skill", "number", "provider_id"], unique=True)
    op.create_table(
        "contract_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(length=8), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_item_contract_id_contract")),
        sa.ForeignKeyConstraint(["item_code"], ["item.code"], name=op.f("fk_contract_item_item_code_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_item")),
        info={"provider_sees": "provider_id = nowalls_provider()"},
    )
    op.create_index(
        "uq_contract_item_contract_id", "contract_item", ["contract_id", "item_code", "division_code"], unique=True
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("from_minute", sa.SmallInteger(), nullable=False),
        sa.Column("to_minute", sa.SmallInteger(), nullable=False),
        sa.Column("break_from", sa.SmallInteger(), nullable=True),
        sa.Column("break_to", sa.SmallInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(break_from is null) = (break_to is null) and (break_from is null or (from_minute <= break_from and break_from < break_to and break_to <= to_minute))",
            name=op.f("ck_shift_break"),
        ),
        sa.CheckConstraint("0 <= from_minute and from_minute < 1440", name=op.f("ck_shift_begin")),
        sa.CheckConstraint("from_minute < to_minute and to_minute <= from_minute + 1440", name=op.f("ck_shift_end")),
        sa.CheckConstraint("valid_to is null or valid_to > valid_from", name=op.f("ck_shift_window")),
        sa.CheckConstraint("weekdays between 1 and 127", name=op.f("ck_shift_weekdays")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_shift_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert, update"},
    )
    op.create_index(op.f("ix_shift_worker_id"), "shift", ["worker_id"], unique=False)
    op.create_table(
        "statement_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("charge_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["charge_id"], ["charge.id"], name=op.f("fk_statement_line_charge_id_charge")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_line_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_line")),
        sa.UniqueConstraint("charge_id", name=op.f("uq_statement_line_charge_id")),
        sa.UniqueConstraint("statement_id", "position", name=op.f("uq_statement_line_statement_id")),
        info={"provider_sees": "provider_id = nowalls_provider()", "append_only": True},
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("raised_by", sa.String(length=80), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgiven", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["statement_line.id"], name=op.f("fk_dispute_line_id_statement_line")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_dispute_statement_id_statement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("line_id", name=op.f("uq_dispute_line_id")),
        info={"provider_sees": "provider_id = nowalls_provider()", "provider_may": "select, insert"},
    )
    op.create_index("ix_dispute_statement_id", "dispute", ["statement_id"], unique=False)
    op.execute("alter table absence enable row level security")
    op.execute("alter table absence force row level security")
    op.execute("alter table account enable row level security")
    op.execute("alter table account force row level security")
    op.execute("alter table account_recovery_code enable row level security")
    op.execute("alter table account_recovery_code force row level security")
    op.execute("alter table account_session enable row level security")
    op.execute("alter table account_session force row level security")
    op.execute("alter table act enable row level security")
    op.execute("alter table act force row level security")
    op.execute("alter table address enable row level security")
    op.execute("alter table address force row level security")
    op.execute("alter table assessment enable row level security")
    op.execute("alter table assessment force row level security")
    op.execute("alter table bank_account enable row level security")
    op.execute("alter table bank_account force row level security")
    op.execute("alter table barred enable row level security")
    op.execute("alter table barred force row level security")
    op.execute("alter table booking enable row level security")
    op.execute("alter table booking force row level security")
    op.execute("alter table call_back enable row level security")
    op.execute("alter table call_back force row level security")
    op.execute("alter table call_back_draw enable row level security")
    op.execute("alter table call_back_draw force row level security")
    op.execute("alter table care_request enable row level security")
    op.execute("alter table care_request force row level security")
    op.execute("alter table certificate enable row level security")
    op.execute("alter table certificate force row level security")
    op.execute("alter table charge enable row level security")
    op.execute("alter table charge force row level security")
    op.execute("alter table charge_standards enable row level security")
    op.execute("alter table charge_standards force row level security")
    op.execute("alter table company enable row level security")
    op.execute("alter table company force row level security")
    op.execute("alter table complaint enable row level security")
    op.execute("alter table complaint force row level security")
    op.execute("alter table complaint_step enable row level security")
    op.execute("alter table complaint_step force row level security")
    op.execute("alter table contact enable row level security")
    op.execute("alter table contact force row level security")
    op.execute("alter table contract enable row level security")
    op.execute("alter table contract force row level security")
    op.execute("alter table contract_item enable row level security")
    op.execute("alter table contract_item force row level security")
    op.execute("alter table decision_record enable row level security")
    op.execute("alter table decision_record force row level security")
    op.execute("alter table disclosure enable row level security")
    op.execute("alter table disclosure force row level security")
    op.execute("alter table dispute enable row level security")
    op.execute("alter table dispute force row level security")
    op.execute("alter table division enable row level security")
    op.execute("alter table division force row level security")
    op.execute("alter table enrolment enable row level security")
    op.execute("alter table enrolment force row level security")
    op.execute("alter table enrolment_term enable row level security")
    op.execute("alter table enrolment_term force row level security")
    op.execute("alter table escalation_case enable row level security")
    op.execute("alter table escalation_case force row level security")
    op.execute("alter table event_delivery enable row level security")
    op.execute("alter table event_delivery force row level security")
    op.execute("alter table event_inbox enable row level security")
    op.execute("alter table event_inbox force row level security")
    op.execute("alter table event_log enable row level security")
    op.execute("alter table event_log force row level security")
    op.execute("alter table event_outgoing enable row level security")
    op.execute("alter table event_outgoing force row level security")
    op.execute("alter table event_parked enable row level security")
    op.execute("alter table event_parked force row level security")
    op.execute("alter table event_seal enable row level security")
    op.execute("alter table event_seal force row level security")
    op.execute("alter table finding enable row level security")
    op.execute("alter table finding force row level security")
    op.execute("alter table health_note enable row level security")
    op.execute("alter table health_note force row level security")
    op.execute("alter table household enable row level security")
    op.execute("alter table household force row level security")
    op.execute("alter table household_member enable row level security")
    op.execute("alter table household_member force row level security")
    op.execute("alter table idempotency_key enable row level security")
    op.execute("alter table idempotency_key force row level security")
    op.execute("alter table item enable row level security")
    op.execute("alter table item force row level security")
    op.execute("alter table ledger_entry enable row level security")
    op.execute("alter table ledger_entry force row level security")
    op.execute("alter table offer enable row level security")
    op.execute("alter table offer force row level security")
    op.execute("alter table payment enable row level security")
    op.execute("alter table payment force row level security")
    op.execute("alter table person enable row level security")
    op.execute("alter table person force row level security")
    op.execute("alter table price enable row level security")
    op.execute("alter table price force row level security")
    op.execute("alter table rateable enable row level security")
    op.execute("alter table rateable force row level security")
    op.execute("alter table rating enable row level security")
    op.execute("alter table rating force row level security")
    op.execute("alter table read_audit enable row level security")
    op.execute("alter table read_audit force row level security")
    op.execute("alter table refused_call enable row level security")
    op.execute("alter table refused_call force row level security")
    op.execute("alter table rehearsal enable row level security")
    op.execute("alter table rehearsal force row level security")
    op.execute("alter table roster_revision enable row level security")
    op.execute("alter table roster_revision force row level security")
    op.execute("alter table rule enable row level security")
    op.execute("alter table rule force row level security")
    op.execute("alter table settlement_deceased enable row level security")
    op.execute("alter table settlement_deceased force row level security")
    op.execute("alter table shift enable row level security")
    op.execute("alter table shift force row level security")
    op.execute("alter table simulated_part enable row level security")
    op.execute("alter table simulated_part force row level security")
    op.execute("alter table simulation enable row level security")
    op.execute("alter table simulation force row level security")
    op.execute("alter table standing_day enable row level security")
    op.execute("alter table standing_day force row level security")
    op.execute("alter table standing_order enable row level security")
    op.execute("alter table standing_order force row level security")
    op.execute("alter table statement enable row level security")
    op.execute("alter table statement force row level security")
    op.execute("alter table statement_line enable row level security")
    op.execute("alter table statement_line force row level security")
    op.execute("alter table tries enable row level security")
    op.execute("alter table tries force row level security")
    op.execute("alter table visit enable row level security")
    op.execute("alter table visit force row level security")
    op.execute("alter table wallet enable row level security")
    op.execute("alter table wallet force row level security")
    op.execute("alter table wallet_entry enable row level security")
    op.execute("alter table wallet_entry force row level security")
    op.execute("alter table worker enable row level security")
    op.execute("alter table worker force row level security")
    op.execute("create policy desk on absence as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on absence as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on account as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on account_recovery_code as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on account_session as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on act as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on act as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on address as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on address as PERMISSIVE for ALL to nowalls_provider using ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = address.person_id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL))))) with check ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = address.person_id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL)))))"
    )
    op.execute("create policy desk on assessment as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on bank_account as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on barred as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("create policy desk on booking as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on booking as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on call_back as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on call_back_draw as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on care_request as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on care_request as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on certificate as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on certificate as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on charge as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on charge as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute(
        "create policy desk on charge_standards as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on charge_standards as PERMISSIVE for ALL to nowalls_provider using (true) with check (true)"
    )
    op.execute("create policy desk on company as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on company as PERMISSIVE for ALL to nowalls_provider using ((id = nowalls_provider())) with check ((id = nowalls_provider()))"
    )
    op.execute("create policy desk on complaint as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on complaint as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute(
        "create policy desk on complaint_step as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on contact as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on contact as PERMISSIVE for ALL to nowalls_provider using ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = contact.person_id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL))))) with check ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = contact.person_id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL)))))"
    )
    op.execute("create policy desk on contract as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on contract as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute(
        "create policy desk on contract_item as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on contract_item as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute(
        "create policy desk on decision_record as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on disclosure as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on disclosure as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on dispute as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on dispute as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on division as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on division as PERMISSIVE for ALL to nowalls_provider using (true) with check (true)"
    )
    op.execute("create policy desk on enrolment as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on enrolment_term as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on escalation_case as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on event_delivery as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on event_inbox as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("create policy desk on event_log as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on event_outgoing as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on event_parked as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on event_seal as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("create policy desk on finding as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("create policy desk on health_note as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("create policy desk on household as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on household_member as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on idempotency_key as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on idempotency_key as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on item as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on item as PERMISSIVE for ALL to nowalls_provider using (true) with check (true)"
    )
    op.execute(
        "create policy desk on ledger_entry as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on offer as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on offer as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on payment as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on payment as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on person as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on person as PERMISSIVE for ALL to nowalls_provider using ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = person.id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL))))) with check ((EXISTS ( SELECT\n"
        "   FROM disclosure d\n"
        "  WHERE ((d.person_id = person.id) AND (d.provider_id = nowalls_provider()) AND (d.closed_at IS NULL)))))"
    )
    op.execute("create policy desk on price as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on price as PERMISSIVE for ALL to nowalls_provider using (true) with check (true)"
    )
    op.execute("create policy desk on rateable as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on rateable as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on rating as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("create policy desk on read_audit as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on read_audit as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute(
        "create policy desk on refused_call as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on rehearsal as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on rehearsal as PERMISSIVE for ALL to nowalls_provider using (true) with check (true)"
    )
    op.execute(
        "create policy desk on roster_revision as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on roster_revision as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on rule as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on rule as PERMISSIVE for ALL to nowalls_provider using (true) with check (true)"
    )
    op.execute(
        "create policy desk on settlement_deceased as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on shift as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on shift as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute(
        "create policy desk on simulated_part as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on simulation as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on standing_day as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy desk on standing_order as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on statement as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on statement as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute(
        "create policy desk on statement_line as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute(
        "create policy provider on statement_line as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on tries as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute("create policy desk on visit as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on visit as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("create policy desk on wallet as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy desk on wallet_entry as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)"
    )
    op.execute("create policy desk on worker as PERMISSIVE for ALL to nowalls_desk using (true) with check (true)")
    op.execute(
        "create policy provider on worker as PERMISSIVE for ALL to nowalls_provider using ((provider_id = nowalls_provider())) with check ((provider_id = nowalls_provider()))"
    )
    op.execute("grant delete, insert, select, update on absence to nowalls_desk")
    op.execute("grant insert, select, update on absence to nowalls_provider")
    op.execute("grant delete, insert, select, update on account to nowalls_desk")
    op.execute("grant delete, insert, select, update on account_recovery_code to nowalls_desk")
    op.execute("grant delete, insert, select, update on account_session to nowalls_desk")
    op.execute("grant insert, select on act to nowalls_desk")
    op.execute("grant insert, select on act to nowalls_provider")
    op.execute("grant delete, insert, select, update on address to nowalls_desk")
    op.execute("grant select on address to nowalls_provider")
    op.execute("grant delete, insert, select, update on assessment to nowalls_desk")
    op.execute("grant delete, insert, select, update on bank_account to nowalls_desk")
    op.execute("grant delete, insert, select, update on barred to nowalls_desk")
    op.execute("grant delete, insert, select, update on booking to nowalls_desk")
    op.execute("grant insert, select, update on booking to nowalls_provider")
    op.execute("grant delete, insert, select, update on call_back to nowalls_desk")
    op.execute("grant delete, insert, select, update on call_back_draw to nowalls_desk")
    op.execute("grant delete, insert, select, update on care_request to nowalls_desk")
    op.execute("grant select, update on care_request to nowalls_provider")
    op.execute("grant usage on sequence care_request_number_seq to nowalls_desk")
    op.execute("grant usage on sequence care_request_number_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on certificate to nowalls_desk")
    op.execute("grant insert, select on certificate to nowalls_provider")
    op.execute("grant insert, select on charge to nowalls_desk")
    op.execute("grant select on charge to nowalls_provider")
    op.execute("grant insert, select on charge_standards to nowalls_desk")
    op.execute("grant select on charge_standards to nowalls_provider")
    op.execute("grant delete, insert, select, update on company to nowalls_desk")
    op.execute("grant select on company to nowalls_provider")
    op.execute("grant usage on sequence company_number_seq to nowalls_desk")
    op.execute("grant usage on sequence company_number_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on complaint to nowalls_desk")
    op.execute(
        "grant select (id, number, visit_id, provider_id, state, received_at, due_at, upheld, deduction_percent) on complaint to nowalls_provider"
    )
    op.execute("grant usage on sequence complaint_number_seq to nowalls_desk")
    op.execute("grant usage on sequence complaint_number_seq to nowalls_provider")
    op.execute("grant insert, select on complaint_step to nowalls_desk")
    op.execute("grant delete, insert, select, update on contact to nowalls_desk")
    op.execute("grant select on contact to nowalls_provider")
    op.execute("grant delete, insert, select, update on contract to nowalls_desk")
    op.execute("grant select on contract to nowalls_provider")
    op.execute("grant delete, insert, select, update on contract_item to nowalls_desk")
    op.execute("grant select on contract_item to nowalls_provider")
    op.execute("grant insert, select on decision_record to nowalls_desk")
    op.execute("grant delete, insert, select, update on disclosure to nowalls_desk")
    op.execute("grant select on disclosure to nowalls_provider")
    op.execute("grant delete, insert, select, update on dispute to nowalls_desk")
    op.execute("grant insert, select on dispute to nowalls_provider")
    op.execute("grant delete, insert, select, update on division to nowalls_desk")
    op.execute("grant select on division to nowalls_provider")
    op.execute("grant delete, insert, select, update on enrolment to nowalls_desk")
    op.execute("grant insert, select on enrolment_term to nowalls_desk")
    op.execute("grant delete, insert, select, update on escalation_case to nowalls_desk")
    op.execute("grant delete, insert, select, update on event_delivery to nowalls_desk")
    op.execute("grant usage on sequence event_delivery_id_seq to nowalls_desk")
    op.execute("grant usage on sequence event_delivery_id_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on event_inbox to nowalls_desk")
    op.execute("grant insert, select on event_log to nowalls_desk")
    op.execute("grant usage on sequence event_log_position_seq to nowalls_desk")
    op.execute("grant usage on sequence event_log_position_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on event_outgoing to nowalls_desk")
    op.execute("grant usage on sequence event_outgoing_id_seq to nowalls_desk")
    op.execute("grant usage on sequence event_outgoing_id_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on event_parked to nowalls_desk")
    op.execute("grant insert, select on event_seal to nowalls_desk")
    op.execute("grant delete, insert, select, update on finding to nowalls_desk")
    op.execute("grant delete, insert, select, update on health_note to nowalls_desk")
    op.execute("grant delete, insert, select, update on household to nowalls_desk")
    op.execute("grant delete, insert, select, update on household_member to nowalls_desk")
    op.execute("grant usage on sequence household_number_seq to nowalls_desk")
    op.execute("grant usage on sequence household_number_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on idempotency_key to nowalls_desk")
    op.execute("grant insert, select, update on idempotency_key to nowalls_provider")
    op.execute("grant delete, insert, select, update on item to nowalls_desk")
    op.execute("grant select on item to nowalls_provider")
    op.execute("grant insert, select on ledger_entry to nowalls_desk")
    op.execute("grant usage on sequence ledger_entry_id_seq to nowalls_desk")
    op.execute("grant usage on sequence ledger_entry_id_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on offer to nowalls_desk")
    op.execute("grant select, update on offer to nowalls_provider")
    op.execute("grant insert, select on payment to nowalls_desk")
    op.execute("grant select on payment to nowalls_provider")
    op.execute("grant delete, insert, select, update on person to nowalls_desk")
    op.execute("grant select on person to nowalls_provider")
    op.execute("grant usage on sequence person_number_seq to nowalls_desk")
    op.execute("grant usage on sequence person_number_seq to nowalls_provider")
    op.execute("grant insert, select on price to nowalls_desk")
    op.execute("grant select on price to nowalls_provider")
    op.execute("grant delete, insert, select, update on rateable to nowalls_desk")
    op.execute(
        "grant select (provider_id, item_code, division_code, month, score, channel, valid, call_state) on rateable to nowalls_provider"
    )
    op.execute("grant insert, select on rating to nowalls_desk")
    op.execute("grant insert, select on read_audit to nowalls_desk")
    op.execute("grant insert, select on read_audit to nowalls_provider")
    op.execute("grant delete, insert, select, update on refused_call to nowalls_desk")
    op.execute("grant delete, insert, select, update on rehearsal to nowalls_desk")
    op.execute("grant select on rehearsal to nowalls_provider")
    op.execute("grant delete, insert, select, update on roster_revision to nowalls_desk")
    op.execute("grant insert, select, update on roster_revision to nowalls_provider")
    op.execute("grant insert, select on rule to nowalls_desk")
    op.execute("grant select on rule to nowalls_provider")
    op.execute("grant delete, insert, select, update on settlement_deceased to nowalls_desk")
    op.execute("grant delete, insert, select, update on shift to nowalls_desk")
    op.execute("grant insert, select, update on shift to nowalls_provider")
    op.execute("grant delete, insert, select, update on simulated_part to nowalls_desk")
    op.execute("grant delete, insert, select, update on simulation to nowalls_desk")
    op.execute("grant insert, select on standing_day to nowalls_desk")
    op.execute("grant delete, insert, select, update on standing_order to nowalls_desk")
    op.execute("grant usage on sequence standing_order_number_seq to nowalls_desk")
    op.execute("grant usage on sequence standing_order_number_seq to nowalls_provider")
    op.execute("grant delete, insert, select, update on statement to nowalls_desk")
    op.execute("grant select, update (state, confirmed_by, confirmed_at) on statement to nowalls_provider")
    op.execute("grant insert, select on statement_line to nowalls_desk")
    op.execute("grant select on statement_line to nowalls_provider")
    op.execute("grant delete, insert, select, update on tries to nowalls_desk")
    op.execute("grant delete, insert, select, update on visit to nowalls_desk")
    op.execute("grant select, update on visit to nowalls_provider")
    op.execute("grant delete, insert, select, update on wallet to nowalls_desk")
    op.execute("grant insert, select on wallet_entry to nowalls_desk")
    op.execute("grant delete, insert, select, update on worker to nowalls_desk")
    op.execute("grant insert, select, update on worker to nowalls_provider")
    op.execute(
        "CREATE TRIGGER ledger_balances AFTER INSERT ON public.ledger_entry REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_balances()"
    )
