// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.plugin;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the Guice module class of a plugin. The class has a public constructor without parameters;
 * its package is open to Guice and to the assembly, and is not exported.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface WeftPlugin {
  /** The plugin's short name, as used in the configuration: kebab-case. */
  String id();

  /** The SPI type that this plugin implements; the only binding that other plugins can see. */
  Class<?> provides();

  /**
   * The record that holds the plugin's settings, read from the section named after {@link #id}
   * inside the section of its SPI.
   */
  Class<? extends Record> settings() default NoSettings.class;

  /**
   * Absolute path of the section that holds the settings, for example {@code weft.cache-fusion};
   * empty for the default place, which is the section of the SPI followed by {@link #id}.
   */
  String section() default "";

  /**
   * A warning for operators who choose this plugin, as a clause. {@code weft config check} shows
   * it. Empty if there is none.
   */
  String caution() default "";

  /** The settings of a plugin without settings. */
  record NoSettings() {}
}
