"""Emit and dead letters: what the code calls them now"""

from alembic import op

revision = "5c2b8d0f4a17"
down_revision = "210d9f7223ba"


def upgrade() -> None:
    op.rename_table("event_parked", "dead_letter")
    op.alter_column("dead_letter", "parked_at", new_column_name="dead_at")
    op.execute("alter index pk_event_parked rename to pk_dead_letter")
    op.execute("alter index ix_event_parked_waiting rename to ix_dead_letter_waiting")
    # PostgreSQL names a not-null constraint after the table and column it was made for
    op.execute(
        """
        do $$ declare constraint_row record;
        begin
          for constraint_row in select conname from pg_constraint
            where conrelid = 'dead_letter'::regclass and contype = 'n' loop
            execute format('alter table dead_letter rename constraint %I to %I', constraint_row.conname,
              replace(replace(constraint_row.conname, 'event_parked', 'dead_letter'), 'parked_at', 'dead_at'));
          end loop;
        end $$
        """
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION public.nowalls_emit(events jsonb)\n"
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
        "  from jsonb_array_elements(events) with ordinality as t(e, n) order by n;\n"
        "  insert into event_delivery (queue, payload, headers)\n"
        "  select g, convert_to((e->'data')::text, 'UTF8'), e->'headers'\n"
        "  from jsonb_array_elements(events) with ordinality as t(e, n), jsonb_array_elements_text(e->'groups') g order by n;\n"
        "  insert into event_outgoing (topic, key, headers, body)\n"
        "  select e->>'topic', e->>'key', e->'headers', convert_to((e->'data')::text, 'UTF8')\n"
        "  from jsonb_array_elements(events) with ordinality as t(e, n) where (e->>'outgoing')::boolean order by n;\n"
        "  perform pg_notify('outbox_event_delivery', g) from\n"
        "    (select distinct g from jsonb_array_elements(events) e, jsonb_array_elements_text(e->'groups') g) as groups;\n"
        "  perform pg_notify('nowalls_outgoing', '') where events @> '[{\"outgoing\": true}]';\n"
        "  perform pg_notify('nowalls_live', jsonb_build_object('id', e->'headers'->'ce_id', 'type', e->'headers'->'ce_type',\n"
        "    'subject', e->'headers'->'ce_subject', 'provider', e->'data'->'provider_id', 'at', e->'headers'->'ce_time')::text)\n"
        "  from jsonb_array_elements(events) e;\n"
        "end $function$"
    )
    op.execute("revoke all on function nowalls_emit(jsonb) from public")
    op.execute("grant execute on function nowalls_emit(jsonb) to nowalls_desk")
    op.execute("grant execute on function nowalls_emit(jsonb) to nowalls_provider")
    op.execute("drop function nowalls_tell(jsonb)")
