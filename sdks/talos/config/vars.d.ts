/**
 * URL of the Image Factory, from the configuration key `talos:imageFactoryUrl`.
 * @default https://factory.talos.dev
 */
export declare const imageFactoryUrl: string | undefined;
