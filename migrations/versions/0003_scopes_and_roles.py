"""Scopes of divisions, of persons and of the auditor"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "d8702d06e50b"
down_revision = "5c2b8d0f4a17"


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION public.nowalls_division()\n"
        " RETURNS text\n"
        " LANGUAGE sql\n"
        " STABLE PARALLEL SAFE\n"
        "AS $function$ select nullif(current_setting('app.division', true), '') $function$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION public.nowalls_division_end()\n"
        " RETURNS text\n"
        " LANGUAGE sql\n"
        " STABLE PARALLEL SAFE\n"
        "AS $function$ select rpad(case\n"
        "  when nowalls_division() like '______000000' then left(nowalls_division(), 6)\n"
        "  when nowalls_division() like '_________000' then left(nowalls_division(), 9)\n"
        "  else nowalls_division() end, 12, '9') $function$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION public.nowalls_person()\n"
        " RETURNS uuid\n"
        " LANGUAGE sql\n"
        " STABLE PARALLEL SAFE\n"
        "AS $function$ select nullif(current_setting('app.person', true), '')::uuid $function$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION public.nowalls_sections()\n"
        " RETURNS text[]\n"
        " LANGUAGE sql\n"
        " STABLE PARALLEL SAFE\n"
        "AS $function$ select string_to_array(nullif(current_setting('app.sections', true), ''), ',') $function$"
    )
    op.add_column("account", sa.Column("division_code", sa.String(length=12), nullable=True))
    op.add_column(
        "account",
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )
    op.execute(
        "create policy auditor on absence as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy auditor on act as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy auditor on address as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on address as PERMISSIVE for ALL to nowalls_clerk using (((valid_to IS NULL) AND (((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end())))) with check (((valid_to IS NULL) AND (((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end()))))"
    )
    op.execute(
        "create policy own on address as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on assessment as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on bank_account as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy own on bank_account as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on barred as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on booking as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on call_back as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on call_back_draw as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on care_request as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on care_request as PERMISSIVE for ALL to nowalls_clerk using ((('eldercare'::text = ANY (nowalls_sections())) AND (EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = care_request.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end()))))))) with check ((('eldercare'::text = ANY (nowalls_sections())) AND (EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = care_request.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end())))))))"
    )
    op.execute(
        "create policy own on care_request as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on certificate as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on charge as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on charge_standards as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on company as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on complaint as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on complaint_step as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on contact as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy own on contact as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on contract as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on contract_item as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on dead_letter as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on decision_record as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on disclosure as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy own on disclosure as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on dispute as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on division as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy clerk on division as PERMISSIVE for ALL to nowalls_clerk using (true) with check (true)")
    op.execute("create policy own on division as PERMISSIVE for ALL to nowalls_own using (true) with check (true)")
    op.execute(
        "create policy auditor on enrolment as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on enrolment as PERMISSIVE for ALL to nowalls_clerk using ((('eldercare'::text = ANY (nowalls_sections())) AND (EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = enrolment.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end()))))))) with check ((('eldercare'::text = ANY (nowalls_sections())) AND (EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = enrolment.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end())))))))"
    )
    op.execute(
        "create policy own on enrolment as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on enrolment_term as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy own on enrolment_term as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on escalation_case as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on event_delivery as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on event_inbox as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on event_log as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on event_outgoing as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on event_seal as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on finding as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on health_note as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy own on health_note as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on household as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on household as PERMISSIVE for ALL to nowalls_clerk using ((((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end()))) with check ((((division_code)::text >= nowalls_division()) AND ((division_code)::text <= nowalls_division_end())))"
    )
    op.execute(
        "create policy auditor on household_member as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on household_member as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = household_member.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end())))))) with check ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = household_member.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end()))))))"
    )
    op.execute(
        "create policy own on household_member as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute("create policy auditor on item as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute("create policy clerk on item as PERMISSIVE for ALL to nowalls_clerk using (true) with check (true)")
    op.execute("create policy own on item as PERMISSIVE for ALL to nowalls_own using (true) with check (true)")
    op.execute(
        "create policy auditor on ledger_entry as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy auditor on offer as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy auditor on payment as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on person as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on person as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = person.id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end())))))) with check ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = person.id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end()))))))"
    )
    op.execute(
        "create policy own on person as PERMISSIVE for ALL to nowalls_own using ((id = nowalls_person())) with check ((id = nowalls_person()))"
    )
    op.execute("create policy auditor on price as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute("create policy clerk on price as PERMISSIVE for ALL to nowalls_clerk using (true) with check (true)")
    op.execute("create policy own on price as PERMISSIVE for ALL to nowalls_own using (true) with check (true)")
    op.execute(
        "create policy auditor on rateable as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on rating as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on read_audit as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy clerk on read_audit as PERMISSIVE for ALL to nowalls_clerk using ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = read_audit.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end())))))) with check ((EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = read_audit.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end()))))))"
    )
    op.execute(
        "create policy own on read_audit as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on refused_call as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on rehearsal as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy clerk on rehearsal as PERMISSIVE for ALL to nowalls_clerk using (true) with check (true)")
    op.execute("create policy own on rehearsal as PERMISSIVE for ALL to nowalls_own using (true) with check (true)")
    op.execute(
        "create policy auditor on roster_revision as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy auditor on rule as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute("create policy clerk on rule as PERMISSIVE for ALL to nowalls_clerk using (true) with check (true)")
    op.execute("create policy own on rule as PERMISSIVE for ALL to nowalls_own using (true) with check (true)")
    op.execute(
        "create policy auditor on settlement_deceased as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy auditor on shift as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy auditor on simulated_part as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on simulation as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on standing_day as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on standing_order as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy own on standing_order as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on statement as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on statement_line as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("create policy auditor on visit as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)")
    op.execute(
        "create policy clerk on visit as PERMISSIVE for ALL to nowalls_clerk using ((('eldercare'::text = ANY (nowalls_sections())) AND (EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = visit.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end()))))))) with check ((('eldercare'::text = ANY (nowalls_sections())) AND (EXISTS ( SELECT\n"
        "   FROM address a\n"
        "  WHERE ((a.person_id = visit.person_id) AND (a.valid_to IS NULL) AND (((a.division_code)::text >= nowalls_division()) AND ((a.division_code)::text <= nowalls_division_end())))))))"
    )
    op.execute(
        "create policy own on visit as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on wallet as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy own on wallet as PERMISSIVE for ALL to nowalls_own using ((person_id = nowalls_person())) with check ((person_id = nowalls_person()))"
    )
    op.execute(
        "create policy auditor on wallet_entry as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute(
        "create policy auditor on worker as PERMISSIVE for ALL to nowalls_auditor using (true) with check (true)"
    )
    op.execute("grant select on absence to nowalls_auditor")
    op.execute("grant select on act to nowalls_auditor")
    op.execute("grant select on address to nowalls_auditor")
    op.execute("grant select on address to nowalls_clerk")
    op.execute("grant select on address to nowalls_own")
    op.execute("grant select on assessment to nowalls_auditor")
    op.execute("grant select on bank_account to nowalls_auditor")
    op.execute("grant select on bank_account to nowalls_own")
    op.execute("grant select on barred to nowalls_auditor")
    op.execute("grant select on booking to nowalls_auditor")
    op.execute("grant select on call_back to nowalls_auditor")
    op.execute("grant select on call_back_draw to nowalls_auditor")
    op.execute("grant select on care_request to nowalls_auditor")
    op.execute("grant select on care_request to nowalls_clerk")
    op.execute("grant select on care_request to nowalls_own")
    op.execute("grant select on certificate to nowalls_auditor")
    op.execute("grant select on charge to nowalls_auditor")
    op.execute("grant select on charge_standards to nowalls_auditor")
    op.execute("grant select on company to nowalls_auditor")
    op.execute("grant select on complaint to nowalls_auditor")
    op.execute("grant select on complaint_step to nowalls_auditor")
    op.execute("grant select on contact to nowalls_auditor")
    op.execute("grant select on contact to nowalls_own")
    op.execute("grant select on contract to nowalls_auditor")
    op.execute("grant select on contract_item to nowalls_auditor")
    op.execute("grant select on dead_letter to nowalls_auditor")
    op.execute("grant select on decision_record to nowalls_auditor")
    op.execute("grant select on disclosure to nowalls_auditor")
    op.execute("grant select on disclosure to nowalls_own")
    op.execute("grant select on dispute to nowalls_auditor")
    op.execute("grant select on division to nowalls_auditor")
    op.execute("grant select on division to nowalls_clerk")
    op.execute("grant select on division to nowalls_own")
    op.execute("grant select on enrolment to nowalls_auditor")
    op.execute("grant select on enrolment to nowalls_clerk")
    op.execute("grant select on enrolment to nowalls_own")
    op.execute("grant select on enrolment_term to nowalls_auditor")
    op.execute("grant select on enrolment_term to nowalls_own")
    op.execute("grant select on escalation_case to nowalls_auditor")
    op.execute("grant select on event_delivery to nowalls_auditor")
    op.execute("grant select on event_inbox to nowalls_auditor")
    op.execute("grant select on event_log to nowalls_auditor")
    op.execute("grant select on event_outgoing to nowalls_auditor")
    op.execute("grant select on event_seal to nowalls_auditor")
    op.execute("grant select on finding to nowalls_auditor")
    op.execute("grant select on health_note to nowalls_auditor")
    op.execute("grant select on health_note to nowalls_own")
    op.execute("grant select on household to nowalls_auditor")
    op.execute("grant select on household to nowalls_clerk")
    op.execute("grant select on household_member to nowalls_auditor")
    op.execute("grant select on household_member to nowalls_clerk")
    op.execute("grant select on household_member to nowalls_own")
    op.execute("grant select on item to nowalls_auditor")
    op.execute("grant select on item to nowalls_clerk")
    op.execute("grant select on item to nowalls_own")
    op.execute("grant select on ledger_entry to nowalls_auditor")
    op.execute("grant select on offer to nowalls_auditor")
    op.execute("grant select on payment to nowalls_auditor")
    op.execute("grant select on person to nowalls_auditor")
    op.execute("grant select on person to nowalls_clerk")
    op.execute("grant select on person to nowalls_own")
    op.execute("grant select on price to nowalls_auditor")
    op.execute("grant select on price to nowalls_clerk")
    op.execute("grant select on price to nowalls_own")
    op.execute("grant select on rateable to nowalls_auditor")
    op.execute("grant select on rating to nowalls_auditor")
    op.execute("grant insert, select on read_audit to nowalls_auditor")
    op.execute("grant insert on read_audit to nowalls_clerk")
    op.execute("grant insert, select on read_audit to nowalls_own")
    op.execute("grant select on refused_call to nowalls_auditor")
    op.execute("grant select on rehearsal to nowalls_auditor")
    op.execute("grant select on rehearsal to nowalls_clerk")
    op.execute("grant select on rehearsal to nowalls_own")
    op.execute("grant select on roster_revision to nowalls_auditor")
    op.execute("grant select on rule to nowalls_auditor")
    op.execute("grant select on rule to nowalls_clerk")
    op.execute("grant select on rule to nowalls_own")
    op.execute("grant select on settlement_deceased to nowalls_auditor")
    op.execute("grant select on shift to nowalls_auditor")
    op.execute("grant select on simulated_part to nowalls_auditor")
    op.execute("grant select on simulation to nowalls_auditor")
    op.execute("grant select on standing_day to nowalls_auditor")
    op.execute("grant select on standing_order to nowalls_auditor")
    op.execute("grant select on standing_order to nowalls_own")
    op.execute("grant select on statement to nowalls_auditor")
    op.execute("grant select on statement_line to nowalls_auditor")
    op.execute("grant select on visit to nowalls_auditor")
    op.execute("grant select on visit to nowalls_clerk")
    op.execute("grant select on visit to nowalls_own")
    op.execute("grant select on wallet to nowalls_auditor")
    op.execute("grant select on wallet to nowalls_own")
    op.execute("grant select on wallet_entry to nowalls_auditor")
    op.execute("grant select on worker to nowalls_auditor")
