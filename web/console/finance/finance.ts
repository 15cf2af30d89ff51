import type { components } from "../../shared/api";
import { answered, api } from "../../shared/client";
import { session } from "../../shared/session";
import { t } from "../../shared/words";

type Schemas = components["schemas"];
export type Statement = Schemas["Statement"];
export type Line = Schemas["StatementLine"];
export type Dispute = Schemas["Dispute"];
export type Review = Schemas["LineReview"];
export type Paid = Schemas["StatementPayment"];
export type ReturnReason = Schemas["PaymentReturnReason"];
export type Reason = Schemas["DeductionReason"];
export type StatementState = Schemas["StatementState"];

/** The shape of each state (`tokens.css`). */
export const SHAPES: Record<StatementState, string> = { draft: "wait", confirmed: "offered", approved: "promised", paid: "done" };

/** The deductions that a dispute may give back; the others have their own way of appeal. */
export const FORGIVABLE: Reason[] = ["short", "late"];

type Listing<Row> = { items: Row[]; next?: string | null };

async function everyPage<Row>(page: (after?: string) => Promise<Listing<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page(after);
    rows.push(...items);
    after = next ?? undefined;
  } while (after);
  return rows;
}

/** Read every statement, the newest month first; a company reads its own. */
export function fetchStatements(): Promise<Statement[]> {
  return everyPage((after) => answered(api.GET("/api/v1/statements", { params: { query: { after, limit: 500 } } })));
}

/** Read a statement's lines in their order. */
export function fetchLines(statement_id: string): Promise<Line[]> {
  const path = { statement_id };
  return everyPage((after) =>
    answered(api.GET("/api/v1/statements/{statement_id}/lines", { params: { path, query: { after, limit: 500 } } })),
  );
}

/** Read the objections to a statement's lines. */
export async function fetchDisputes(statement_id: string): Promise<Dispute[]> {
  return (await answered(api.GET("/api/v1/statements/{statement_id}/disputes", { params: { path: { statement_id } } }))).items;
}

/** Read the lines that a person looks at before the approval. */
export async function fetchReviews(statement_id: string): Promise<Review[]> {
  return (await answered(api.GET("/api/v1/statements/{statement_id}/reviews", { params: { path: { statement_id } } }))).items;
}

/** Say whether a line stands that is looked at, and why. */
export async function sayOf(line_id: string, stands: boolean, note: string): Promise<void> {
  await answered(api.POST("/api/v1/statement-lines/{line_id}/review", { params: { path: { line_id } }, body: { stands, note } }));
}

/** Read the visit behind a line, and what the phone reported of it. */
export async function fetchVisit(visit_id: string): Promise<{ visit: Schemas["Visit"]; acts: Schemas["VisitAct"][] }> {
  const params = { path: { visit_id } };
  const [visit, acts] = await Promise.all([
    answered(api.GET("/api/v1/visits/{visit_id}", { params })),
    answered(api.GET("/api/v1/visits/{visit_id}/acts", { params })),
  ]);
  return { visit, acts: acts.items };
}

/** Read how the request of a visit was decided. */
export async function fetchDecisions(request_id: string): Promise<Schemas["DecisionRecord"][]> {
  return (await answered(api.GET("/api/v1/requests/{request_id}/decisions", { params: { path: { request_id } } }))).items;
}

/** Freeze the month of every company. */
export async function drawUp(month: string): Promise<void> {
  await answered(api.POST("/api/v1/statements", { body: { month } }));
}

/** Take the step that follows from a statement's state: the company confirms, a second person approves. */
export async function advance(statement: Statement): Promise<void> {
  const params = { path: { statement_id: statement.id } };
  await (statement.state === "draft"
    ? answered(api.POST("/api/v1/statements/{statement_id}/confirmation", { params }))
    : answered(api.POST("/api/v1/statements/{statement_id}/approval", { params })));
}

/** Pay a statement's public share. */
export async function pay(statement_id: string, reference: string): Promise<void> {
  await answered(api.POST("/api/v1/statements/{statement_id}/payment", { params: { path: { statement_id } }, body: { reference } }));
}

/** Read what was paid for a statement, and what the bank sent back. */
export async function fetchPayments(statement_id: string): Promise<Paid[]> {
  return (await answered(api.GET("/api/v1/statements/{statement_id}/payments", { params: { path: { statement_id } } }))).items;
}

/** Record that the bank sent a payment back. */
export async function sendBack(statement_id: string, body: Schemas["NewPaymentReturn"]): Promise<void> {
  await answered(api.POST("/api/v1/statements/{statement_id}/payment-return", { params: { path: { statement_id } }, body }));
}

/** Object to a line, for the company. */
export async function raise(line_id: string, reason: string): Promise<void> {
  await answered(api.POST("/api/v1/statement-lines/{line_id}/dispute", { params: { path: { line_id } }, body: { reason } }));
}

/** Decide an objection; with deductions to give back it is upheld. */
export async function decide(dispute_id: string, forgiven: Reason[], note: string): Promise<void> {
  const body = { upheld: forgiven.length > 0, forgiven, note };
  await answered(api.POST("/api/v1/disputes/{dispute_id}/decision", { params: { path: { dispute_id } }, body }));
}

/** Return the label under which the signed-in account acts. */
export function ownLabel(): string {
  return `account:${session.me?.account_id}`;
}

/** Say who took a step without a name: the reader, somebody else, or the platform. */
export function actorCalled(label: string | null): string {
  if (!label) return "–";
  if (label === ownLabel()) return t("finance.by.you");
  return label.startsWith("account:") ? t("finance.by.other") : t("finance.by.system");
}

/** Return why the reader may not take the next step, where the paper itself says so; the platform checks the rest. */
export function barredFrom(statement: Statement, open: number, waiting: number): string {
  if (statement.state === "draft" && open) return t("finance.why.open", { count: open });
  if (statement.state === "confirmed" && statement.drawn_by === ownLabel()) return t("finance.why.drawer");
  if (statement.state === "confirmed" && waiting) return t("finance.why.review", { count: waiting });
  if (statement.state === "approved" && statement.approved_by === ownLabel()) return t("finance.why.approver");
  return "";
}

/** Tell whether a line pays something other than was claimed, or takes a line back. */
export function differs(line: Line): boolean {
  return line.charge.deducted_fen !== 0 || line.charge.kind === "reversal" || line.charge.revision > 1;
}
