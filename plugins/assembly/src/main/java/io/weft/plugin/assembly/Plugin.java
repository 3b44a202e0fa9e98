// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

/**
 * A plugin that can be chosen.
 *
 * @param section of the configuration that chooses it, without {@code weft}
 * @param id its short name
 * @param spi simple name of the interface that it fills
 * @param module its module
 * @param className its Guice module class
 * @param version of its jar; empty if that has none
 * @param location its jar or directory
 * @param description one sentence from its jar's manifest; empty if that has none
 */
public record Plugin(
    String section,
    String id,
    String spi,
    String module,
    String className,
    String version,
    String location,
    String description) {}
