// Uploads a file as a page does, with tus-js-client: node tus_client.mjs ENDPOINT TOKEN FILE URL_STORAGE.
// Prints a line of JSON for each answer, and {"id"} at the end. Ends with 3 when the service is away for too long.
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import tus from 'tus-js-client';

const [endpoint, token, file, storage] = process.argv.slice(2);
const print = (/** @type {object} */ line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let id = null;
const upload = new tus.Upload(readFileSync(file), {
  endpoint,
  headers: {Authorization: `Bearer ${token}`},
  metadata: {filename: basename(file)},
  retryDelays: storage ? [] : Array(1000).fill(100),
  storeFingerprintForResuming: Boolean(storage),
  urlStorage: storage ? new tus.FileUrlStorage(storage) : undefined,
  fingerprint: async () => file,
  onAfterResponse(request, response) {
    id = response.getHeader('X-Upload-Id') ?? id;
    print({method: request.getMethod(), offset: request.getHeader('Upload-Offset'), status: response.getStatus()});
  },
  onError(error) {
    print({error: error.message});
    process.exit(3);
  },
  onSuccess() {
    print({id});
  },
});
const previous = storage ? await upload.findPreviousUploads() : [];
if (previous.length) upload.resumeFromPreviousUpload(previous[0]);
upload.start();
