/** What becomes of a model when a request has been answered. */
import { type Model, type Row, type View } from './rows.ts';

/** What is told beside a resource: of this request, of other rows, or of secrets. */
const NOT_KEPT = ['warnings', 'database_count', 'password_required', 'last_used_at', 'api_key', 'password'];

/** What a row keeps of a view. */
export function kept(view: View): View {
  return Object.fromEntries(Object.entries(view).filter(([key]) => !NOT_KEPT.includes(key)));
}

/** What goes with a project and comes back with it. */
const WITH_PROJECT = ['database', 'certificate', 'custom_domain'];
/** Of these the time of their own goes on with it. */
const TIMED_WITH_PROJECT = ['certificate', 'custom_domain'];

export function deleteRow(model: Model, row: Row): void {
  row.isDeleted = true;
  if (row.kind !== 'project') return;
  for (const each of model.rows) {
    if (each.parent !== row || each.isDeleted || !WITH_PROJECT.includes(each.kind)) continue;
    each.isDeleted = true;
    each.wentWithProject = true;
  }
}

/** @param view as it was answered */
export function restoreRow(model: Model, row: Row, view: View): void {
  row.isDeleted = false;
  row.wentWithProject = false;
  row.view = kept(view);
  if (row.kind !== 'project') return;
  for (const each of model.rows) {
    if (each.parent !== row || !each.wentWithProject) continue;
    each.isDeleted = false;
    each.wentWithProject = false;
    if (TIMED_WITH_PROJECT.includes(each.kind))
      each.view = { ...each.view, updated_at: laterOf(each.view['updated_at'], view['updated_at']) };
  }
}

function laterOf(a: unknown, b: unknown): unknown {
  return String(a) > String(b) ? a : b;
}
