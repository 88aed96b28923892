import type { EventDraft } from "./event-draft.ts";

/** The grade that the Event's type alone gives: INFO for Normal, WARN for Warning, none for what is neither. */
export function gradeByType(draft: EventDraft): void {
  if (draft.severityText === "Normal") draft.severityNumber = 9;
  else if (draft.severityText === "Warning") draft.severityNumber = 13;
}
