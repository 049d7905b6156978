/** Look of the toolbar: a row on a desk, five buttons and a sheet on a phone. */
import { css } from "lit";

export const toolbarStyles = css`
  :host {
    display: block;
    background: var(--panel);
    border-bottom: 1px solid var(--line);
  }
  [role="toolbar"] {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px;
    padding: 4px 8px;
    min-height: 44px;
  }
  .group {
    display: flex;
    gap: 2px;
    padding-right: 8px;
    margin-right: 6px;
    border-right: 1px solid var(--line);
  }
  .group:last-child {
    border: 0;
    margin-right: 0;
    padding-right: 0;
  }
  .end {
    margin-left: auto;
  }
  .tip {
    position: relative;
  }
  .tip::after {
    content: attr(data-tip);
    position: absolute;
    z-index: 30;
    top: calc(100% + 7px);
    left: 50%;
    transform: translateX(-50%);
    padding: 4px 9px;
    border-radius: var(--radius-small);
    border: 1px solid var(--line);
    background: var(--raised);
    color: var(--text);
    font-size: 12px;
    font-weight: 400;
    white-space: nowrap;
    opacity: 0;
    visibility: hidden;
    transition: opacity 0.12s 0.35s;
    pointer-events: none;
  }
  .end .tip::after {
    left: auto;
    right: 0;
    transform: none;
  }
  @media (hover: hover) {
    .tip:hover::after {
      opacity: 1;
      visibility: visible;
    }
  }
  .tip:focus-visible::after {
    opacity: 1;
    visibility: visible;
  }
  .presets {
    position: relative;
  }
  .presets > button {
    padding: 0 10px;
  }
  .menu {
    position: absolute;
    z-index: 40;
    top: calc(100% + 6px);
    left: 0;
    min-width: 220px;
    padding: 4px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--raised);
    box-shadow: 0 12px 32px rgb(0 0 0 / 55%);
  }
  .menu.wide {
    left: auto;
    width: 320px;
    max-height: min(70dvh, 640px);
    overflow-y: auto;
    padding: 10px 4px;
    scrollbar-width: thin;
  }
  .title {
    max-width: 140px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .menu button {
    display: flex;
    width: 100%;
    justify-content: flex-start;
    color: var(--text);
  }
  .menu button span:nth-child(2) {
    margin-left: auto;
    color: var(--text-soft);
    font-variant-numeric: tabular-nums;
    font-size: 12px;
  }
  kbd {
    min-width: 18px;
    padding: 0 5px;
    border: 1px solid var(--line);
    border-radius: 4px;
    background: var(--panel);
    color: var(--text-soft);
    font: 11px var(--mono);
    text-align: center;
  }
  .phone {
    display: none;
  }
  .sheet {
    position: fixed;
    z-index: 60;
    inset: auto 0 0 0;
    max-height: 78dvh;
    overflow: auto;
    padding: 12px 12px calc(12px + env(safe-area-inset-bottom));
    border-top: 1px solid var(--line);
    border-radius: 16px 16px 0 0;
    background: var(--raised);
    box-shadow: 0 -12px 40px rgb(0 0 0 / 60%);
  }
  .sheet h2 {
    margin: 6px 4px;
    font-size: 13px;
    font-weight: 600;
    color: var(--text-soft);
  }
  .menu-rows + viewbox-looks {
    margin-top: 14px;
  }
  .menu-rows button {
    display: flex;
    width: 100%;
    gap: 10px;
    justify-content: flex-start;
    color: var(--text);
    font-size: 15px;
  }
  .menu-rows button span:nth-child(2) {
    margin-left: auto;
    color: var(--text-soft);
    font-variant-numeric: tabular-nums;
  }
  .menu-rows kbd {
    display: none;
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(4, 1fr);
    gap: 6px;
  }
  .tiles button {
    flex-direction: column;
    gap: 4px;
    min-height: 60px;
    padding: 6px 2px;
    background: var(--panel);
    font-size: 12px;
    color: var(--text);
  }
  .tiles button[aria-pressed="true"] {
    background: var(--accent-ground);
    color: var(--accent);
  }
  .shade {
    position: fixed;
    z-index: 59;
    inset: 0;
    width: 100%;
    height: 100%;
    border-radius: 0;
    background: rgb(0 0 0 / 50%);
  }
  .shade:hover {
    background: rgb(0 0 0 / 50%);
  }
  @media (max-width: 720px), (max-height: 480px) {
    :host {
      border: 0;
      border-top: 1px solid var(--line);
    }
    .desk {
      display: none;
    }
    .phone {
      display: grid;
      grid-template-columns: repeat(5, 1fr);
      padding: 4px 4px calc(4px + env(safe-area-inset-bottom));
    }
    .phone > button {
      flex-direction: column;
      gap: 2px;
      min-height: 52px;
      font-size: 11px;
    }
  }
  /* A phone held sideways: the five go to the side, the height is the picture's. */
  @media (min-width: 721px) and (max-height: 480px) {
    :host {
      width: 76px;
      border: 0;
      border-left: 1px solid var(--line);
    }
    .phone {
      grid-template: repeat(5, 1fr) / 1fr;
      height: 100%;
      padding: 0 env(safe-area-inset-right) 0 0;
    }
    .phone > button {
      min-height: 44px;
    }
  }
`;
