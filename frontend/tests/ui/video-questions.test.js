import {describe, expect, test} from 'vitest';
import {deleteQuestion, revokeQuestion} from '../../ui/video-questions.js';

const render = {title: 'Zenith', filename: 'zenith.wav', project_id: null};

describe('what is asked before a video is deleted', () => {
  test('says what ends, that it is for good, and what stays', () => {
    const {text} = deleteQuestion(render);
    for (const part of ['Zenith', 'every link to it stops working', 'cannot be undone', 'The settings of this video stay', 'still counts']) expect(text).toContain(part);
    expect(text).not.toContain('project');
  });

  test('names the project that stays', () => {
    expect(deleteQuestion({...render, project_id: '0'.repeat(26)}).text).toContain('Your project and the settings of this video stay');
  });

  test('calls a video without a title by its song', () => {
    expect(deleteQuestion({...render, title: ''}).text).toContain('zenith.wav');
  });
});

test('what is asked before a link is revoked says that the video stays', () => {
  const {text} = revokeQuestion(render);
  for (const part of ['Zenith', 'stops working at once', 'cannot be undone', 'Your video stays']) expect(text).toContain(part);
});
