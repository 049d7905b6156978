/** Names, dates and ages as people read them. DICOM dates are YYYYMMDD, times HHMMSS. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "DOE^JANE^M" as "DOE, Jane M"; the first component group alone; other texts unchanged. */
export function nameInWords(name: string | null | undefined): string {
  const group = (name ?? "").split("=").find((part) => part.trim()) ?? "";
  if (!group.includes("^")) return group.trim() || "No name";
  const [family = "", given = "", middle = "", prefix = "", suffix = ""] = group.split("^").map((part) => part.trim());
  const rest = [prefix, given, middle, suffix].filter(Boolean).join(" ");
  return [family, rest].filter(Boolean).join(", ") || "No name";
}

/** "20240309" as "9 Mar 2024"; dates that no calendar has, as they came. */
export function dateInWords(date: string | null | undefined): string {
  const parts = partsOf(date);
  return parts ? `${parts.day} ${MONTHS[parts.month - 1]} ${parts.year}` : (date ?? "").trim();
}

/** "134512.5" as "13:45". */
export function timeInWords(time: string | null | undefined): string {
  const digits = (time ?? "").replaceAll(":", "");
  return /^\d{4}/.test(digits) ? `${digits.slice(0, 2)}:${digits.slice(2, 4)}` : "";
}

/** Age at a date: days below a month, months below two years, else years; "" where a date is missing. */
export function ageInWords(birthDate: string | null | undefined, atDate: string | null | undefined): string {
  const [born, at] = [partsOf(birthDate), partsOf(atDate)];
  if (!born || !at) return "";
  const months = (at.year - born.year) * 12 + at.month - born.month - (at.day < born.day ? 1 : 0);
  if (months < 0) return "";
  if (months >= 24) return `${Math.floor(months / 12)} y`;
  if (months >= 1) return `${months} mo`;
  const days = Math.round((Date.UTC(at.year, at.month - 1, at.day) - Date.UTC(born.year, born.month - 1, born.day)) / 86_400_000);
  return `${days} d`;
}

/** Patient's Sex (0010,0040) in a word. */
export function sexInWords(sex: string | null | undefined): string {
  const code = (sex ?? "").trim().toUpperCase();
  return { F: "female", M: "male", O: "other" }[code] ?? code.toLowerCase();
}

function partsOf(date: string | null | undefined): { year: number; month: number; day: number } | null {
  const match = /^(\d{4})[-.]?(\d{2})[-.]?(\d{2})$/.exec((date ?? "").trim());
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 ? { year, month, day } : null;
}
