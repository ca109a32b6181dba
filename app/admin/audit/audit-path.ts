import type { AuditView } from "@/lib/admin/audit-view";

/** A view as the fields of an address or a form, without what is left open. */
export function auditFields(view: AuditView): Record<string, string> {
  return Object.fromEntries(
    Object.entries(view).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}

/** The address of a view: of one of its later pages, or with what was typed and is not clear yet. */
export function auditPath(view: AuditView, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...auditFields(view), ...more });
  return query.size > 0 ? `/admin/audit?${query}` : "/admin/audit";
}
