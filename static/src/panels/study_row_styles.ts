/** Look of studies as rows, with their search box: in the study list and where a shared view goes on to another study. */
import { css } from "lit";

export const studyRowStyles = css`
  .search {
    position: relative;
    flex: 1;
    max-width: 640px;
  }
  .search .icon {
    position: absolute;
    left: 12px;
    top: 50%;
    transform: translateY(-50%);
    color: var(--text-soft);
    pointer-events: none;
  }
  input,
  select {
    height: 42px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--raised);
    color: var(--text);
    font: inherit;
  }
  .search input {
    width: 100%;
    padding: 0 12px 0 40px;
    font-size: 15px;
  }
  input::placeholder {
    color: var(--text-soft);
    opacity: 1;
  }
  select {
    padding: 0 8px;
    max-width: 190px;
  }
  ol {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .row,
  .head {
    display: grid;
    grid-template-columns:
      60px minmax(190px, 1.5fr) minmax(120px, 0.8fr) minmax(70px, 0.6fr) minmax(180px, 1.7fr) minmax(90px, 0.7fr)
      92px;
    gap: 16px;
    align-items: center;
    padding: 8px 12px;
  }
  .head {
    padding-block: 6px;
    color: var(--text-soft);
    font-size: 12px;
    border-bottom: 1px solid var(--line);
  }
  .row {
    position: relative;
    min-height: 74px;
    border-bottom: 1px solid var(--line);
  }
  .row:hover {
    background: var(--panel);
  }
  .row:focus-within {
    background: var(--panel);
    box-shadow: inset 2px 0 0 var(--accent);
  }
  .row .open {
    justify-content: flex-start;
    min-width: 0;
    min-height: 0;
    padding: 0;
    border: 0;
    background: none;
    color: var(--text);
    font-size: 15px;
    font-weight: 600;
    text-align: left;
    text-decoration: none;
  }
  .row .open::after {
    content: "";
    position: absolute;
    inset: 0;
  }
  .row .open:focus-visible {
    outline: none;
  }
  .row .open:focus-visible::after {
    outline: 2px solid var(--accent);
    outline-offset: -2px;
    border-radius: var(--radius-small);
  }
  .row span {
    min-width: 0;
  }
  .soft {
    color: var(--text-soft);
    font-size: 13px;
  }
  .patient,
  .what,
  .size {
    display: grid;
    gap: 1px;
    justify-items: start;
    overflow-wrap: anywhere;
  }
  .date {
    font-variant-numeric: tabular-nums;
  }
  .date .soft {
    display: block;
  }
  .kinds {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
  }
  .kinds .chip {
    font-weight: 600;
    color: var(--text);
  }
  .department {
    text-transform: capitalize;
  }
  .picture {
    display: grid;
    place-items: center;
    width: 58px;
    height: 58px;
    border-radius: var(--radius-small);
    background: #000;
    color: var(--text-soft);
    overflow: hidden;
  }
  .picture img {
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  .waiting i {
    display: block;
    width: 80%;
    height: 12px;
    border-radius: 6px;
    background: var(--raised);
    animation: breathe 1.4s ease-in-out infinite alternate;
  }
  .waiting i.short {
    width: 50%;
    margin-top: 6px;
  }
  .waiting .picture {
    background: var(--raised);
  }
  .waiting:hover {
    background: none;
  }
  @keyframes breathe {
    to {
      opacity: 0.4;
    }
  }
  .message {
    display: grid;
    justify-items: center;
    gap: 10px;
    padding: 72px 20px;
    text-align: center;
    color: var(--text-soft);
  }
  .message .icon svg {
    width: 40px;
    height: 40px;
  }
  .message h2 {
    margin: 0;
    font-size: 18px;
    color: var(--text);
  }
  .message p {
    margin: 0;
    max-width: 46ch;
  }
  @media (prefers-reduced-motion: reduce) {
    .waiting i {
      animation: none;
    }
  }
  @media (max-width: 1020px) {
    .row,
    .head {
      grid-template-columns: 60px minmax(160px, 1.4fr) minmax(110px, 0.8fr) minmax(60px, 0.6fr) minmax(140px, 1.4fr);
    }
    .department,
    .size {
      display: none;
    }
  }
  @media (max-width: 720px) {
    .search {
      flex: 1 0 100%;
      max-width: none;
    }
    .search input {
      font-size: 16px;
    }
    .head {
      display: none;
    }
    .row {
      grid-template: "picture patient kinds" auto "picture what what" auto "picture date date" auto / 64px minmax(0, 1fr) auto;
      gap: 2px 12px;
      margin-bottom: 8px;
      padding: 10px;
      border: 1px solid var(--line);
      border-radius: var(--radius);
      background: var(--panel);
    }
    .picture {
      grid-area: picture;
      align-self: start;
      width: 64px;
      height: 64px;
    }
    .patient {
      grid-area: patient;
    }
    .kinds {
      grid-area: kinds;
      align-self: start;
      justify-content: flex-end;
      max-width: 84px;
    }
    .what {
      grid-area: what;
    }
    .date {
      grid-area: date;
      font-size: 13px;
      color: var(--text-soft);
    }
    .date .soft {
      display: inline;
    }
    .what .soft {
      display: none;
    }
  }
`;
