/** One set of binaries of one version: found, downloaded or built together, never mixed. */
export interface Recipe {
  /** Name of the set; the cache is keyed by it and the version. */
  readonly name: string;
  /** Without a leading v. */
  readonly version: string;
  readonly binaries: readonly Binary[];
  /** Which versions on the machine serve as well. Absent: none is looked for. */
  readonly accepts?: { readonly atLeast: string; readonly below: string };
  readonly build: GoBuild;
  readonly download?: Download;
  /** Files and folders of the module that are kept beside the binaries, under their last name. */
  readonly files?: readonly string[];
}

/** One program of a set. */
export interface Binary {
  readonly name: string;
  /** Package inside the module; empty for the module's root. */
  readonly package: string;
  /** Arguments that print the version. */
  readonly versionArgs?: readonly string[];
}

/** How Go makes it from the module proxy. */
export interface GoBuild {
  readonly module: string;
  /** Version of the module where it isn't `v` and the set's version. */
  readonly moduleVersion?: string;
  /** Modules that live in the main one's repository: their version, from the module's own go.mod. */
  readonly staging?: { readonly prefix: string; readonly version: string };
  /** It builds only with the forks that its go.mod puts in the place of other modules. */
  readonly forks?: boolean;
  /**
   * The module is a generator, which makes the one program of the set by itself from this manifest.
   * Where the program is put is not for the manifest to say.
   */
  readonly manifest?: {
    readonly dist: Readonly<Record<string, string>>;
    readonly [part: string]: unknown;
  };
  readonly cgo?: boolean;
  readonly tags?: readonly string[];
  readonly linkerFlags?: readonly string[];
  /** Debian packages that the build needs. */
  readonly packages?: readonly DebianPackage[];
}

/** A Debian package and what shows that it is there already. */
export interface DebianPackage {
  readonly name: string;
  /** Why it is needed, for the message when it can't be installed. */
  readonly reason: string;
  /** A command on PATH or a file; one of them is enough. */
  readonly command?: string;
  readonly files?: readonly string[];
}

/** Where a release is published. Placeholders: {version}, {os}, {arch}, {binary}. */
export interface Download {
  readonly url: string;
  /** Text that holds the file's SHA-256, alone or in the format of sha256sum. */
  readonly checksumUrl: string;
  /** Path of a binary in the archive; absent when the file is the binary. */
  readonly archivePath?: string;
}
