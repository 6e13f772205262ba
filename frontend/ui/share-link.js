// Passes a link on: to the clipboard, or to the apps of the device.
import {toast} from './toast.js';

/** Whether this browser can hand a link to other apps. */
export const canShare = () => 'share' in navigator;

/**
 * @param {string} link
 * @param {string} [sentence] what the visitor reads afterwards
 */
export async function copyLink(link, sentence = 'The link is copied.') {
  try {
    await navigator.clipboard.writeText(link);
    toast(sentence);
  } catch {
    // Without https, or without permission, a page may not write to the clipboard.
    prompt('Copy this link:', link);
  }
}

/**
 * Open the device's own list of apps; a browser that refuses copies the link instead.
 * @param {string} link
 * @param {string} title
 */
export async function shareLink(link, title) {
  try {
    await navigator.share({title, url: link});
  } catch (error) {
    // The visitor has closed the list.
    if (error instanceof DOMException && error.name === 'AbortError') return;
    await copyLink(link);
  }
}
