// Addresses of pictures for the page's `<img>`s; each holds its picture in memory until it is let go.

export class PictureUrls {
  /** @type {Map<Blob, string>} */
  #urls = new Map();

  /**
   * An address for an `<img>`; "" for none.
   * @param {Blob | null} picture
   */
  of(picture) {
    if (!picture) return '';
    let url = this.#urls.get(picture);
    if (!url) {
      url = URL.createObjectURL(picture);
      this.#urls.set(picture, url);
    }
    return url;
  }

  /** Let go of the addresses of all other pictures. @param {(Blob | null)[]} used */
  keepOnly(used) {
    for (const [picture, url] of this.#urls) {
      if (used.includes(picture)) continue;
      URL.revokeObjectURL(url);
      this.#urls.delete(picture);
    }
  }
}
