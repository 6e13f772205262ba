// Under which project a render is listed.
import {ApiError} from './api.js';

/**
 * Send an order under its project. Where that project is gone, or shared no more, send it without: the render matters more.
 * @template T
 * @param {string | null} projectId
 * @param {(projectId: string | null) => Promise<T>} send
 * @returns {Promise<T>}
 */
export async function underProject(projectId, send) {
  if (!projectId) return send(null);
  try {
    return await send(projectId);
  } catch (error) {
    if (!(error instanceof ApiError && [403, 404].includes(error.status))) throw error;
    return send(null);
  }
}
