// A project that was changed elsewhere since the list was fetched: the list learns its newer version.
import {ApiError, api, said} from '../../lib/api.js';

/**
 * @typedef {import('./dashboard.js').Dashboard} Dashboard
 * @typedef {import('./dashboard.js').Project} Project
 */

/** @param {unknown} error */
export function isConflict(error) {
  return error instanceof ApiError && error.code === 'CONFLICT';
}

/**
 * Put a project, as the service has it now, into the list.
 * @param {Dashboard} page
 * @param {string} id
 */
export async function fetchAgain(page, id) {
  const project = await said(api.GET('/api/projects/{project_id}', {params: {path: {project_id: id}}}));
  put(page, project);
  return project;
}

/**
 * @param {Dashboard} page
 * @param {{id: string} & Partial<Project>} project
 */
export function put(page, project) {
  page.listed.change((items) => items.map((each) => (each.id === project.id ? {...each, ...project} : each)));
}
