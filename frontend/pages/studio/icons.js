// The studio's icons, 24 units wide, drawn in the text's colour.
import {svg} from 'lit';

const icon = (/** @type {unknown} */ paths) => svg`<svg viewBox="0 0 24 24" aria-hidden="true">${paths}</svg>`;

export const undoIcon = icon(svg`<path d="M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6"/>`);
export const redoIcon = icon(svg`<path d="m15 7 5 5-5 5M20 12H10a6 6 0 0 0-6 6"/>`);
export const playIcon = icon(svg`<path d="M8 5.500v13l11-6.500z" stroke="none"/>`);
export const pauseIcon = icon(svg`<path d="M7 5h3.600v14H7zM13.400 5H17v14h-3.600z" stroke="none"/>`);
export const loudIcon = icon(svg`<path d="M4 10v4h4l5 4V6l-5 4zM16.500 9a4 4 0 0 1 0 6M19 6.500a8 8 0 0 1 0 11"/>`);
export const mutedIcon = icon(svg`<path d="M4 10v4h4l5 4V6l-5 4zM17 10l4 4M21 10l-4 4"/>`);
export const shareIcon = icon(svg`<path d="M12 15V4M8 7.500 12 4l4 3.500M6 11H5v9h14v-9h-1"/>`);
export const personIcon = icon(svg`<circle cx="12" cy="8" r="3.500"/><path d="M5 20c.6-4 3.400-6 7-6s6.400 2 7 6"/>`);
export const helpIcon = icon(svg`<circle cx="12" cy="12" r="8.500"/><path d="M9.700 9.700a2.400 2.400 0 1 1 3.500 2.100c-.8.4-1.200.9-1.200 1.700M12 16.500v.01"/>`);
export const savedIcon = icon(svg`<path d="m5 13 4.500 4.500L19 8"/>`);
export const savingIcon = icon(svg`<path d="M5 12h.01M12 12h.01M19 12h.01"/>`);
export const unsavedIcon = icon(svg`<path d="M12 4 3 20h18zM12 10v5M12 17.500v.01"/>`);
export const songIcon = icon(svg`<path d="M9 18V6l10-2v12"/><circle cx="6.500" cy="18" r="2.500"/><circle cx="16.500" cy="16" r="2.500"/>`);
export const moreIcon = icon(svg`<path d="M5 12h.01M12 12h.01M19 12h.01"/>`);
