import type { EnrollmentView } from "@/lib/admin/enrollment-view";

/** A view as the fields of an address or a form, without what is as at first. */
export function enrollmentFields(view: EnrollmentView): Record<string, string> {
  const { recoverability, administratorsOnly, search, sort } = view;
  return {
    ...(recoverability && { state: recoverability }),
    ...(administratorsOnly && { role: "administrator" }),
    ...(search && { search }),
    ...(sort !== "name" && { sort }),
  };
}

/** The address of a view: of one of its later pages, or with what was done. */
export function enrollmentPath(
  view: EnrollmentView,
  more: { after?: string; reminded?: string } = {},
): string {
  const query = new URLSearchParams({ ...enrollmentFields(view), ...more });
  return query.size > 0 ? `/admin?${query}` : "/admin";
}
