import { api } from "../../shared/client";
import { save, type Download } from "../../shared/download";

/** The files of one statement. */
export function statementFiles(statement_id: string): Download[] {
  const params = { path: { statement_id } };
  return [
    { word: "finance.file.excel", take: () => save(api.GET("/api/v1/statements/{statement_id}.xlsx", { params, parseAs: "blob" })) },
    { word: "finance.file.pdf", take: () => save(api.GET("/api/v1/statements/{statement_id}.pdf", { params, parseAs: "blob" })) },
  ];
}

/** The files of a month; the one for the bank is finance's alone. */
export function monthFiles(month: string, bank: boolean): Download[] {
  const params = { query: { month } };
  const files: Download[] = [
    { word: "finance.file.month_excel", take: () => save(api.GET("/api/v1/statements.xlsx", { params, parseAs: "blob" })) },
    { word: "finance.file.month_pdf", take: () => save(api.GET("/api/v1/statements.pdf", { params, parseAs: "blob" })) },
  ];
  if (bank) files.push({ word: "finance.file.payment", take: () => save(api.GET("/api/v1/payment-file.xlsx", { params, parseAs: "blob" })) });
  return files;
}
