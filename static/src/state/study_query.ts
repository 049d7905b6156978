/** What the study list is asked for. Dates are YYYY-MM-DD or "". */
export interface StudyQuery {
  readonly search: string;
  readonly modality: string;
  readonly department: string;
  readonly dateFrom: string;
  readonly dateTo: string;
}

export const NO_QUERY: StudyQuery = { search: "", modality: "", department: "", dateFrom: "", dateTo: "" };
