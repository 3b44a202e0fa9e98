// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import java.io.File;
import java.net.URL;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Includes files like the library, and reports missing ones. HOCON ignores a missing file silently,
 * so a mistyped name would set every setting of the file to its default.
 */
final class StrictIncluder
    implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
  private final BiConsumer<String, ConfigException> missing;
  private final Optional<ConfigIncluder> standard;

  /** Reports names of missing files, with the reason, to {@code missing}. */
  StrictIncluder(BiConsumer<String, ConfigException> missing) {
    this(missing, Optional.empty());
  }

  private StrictIncluder(
      BiConsumer<String, ConfigException> missing, Optional<ConfigIncluder> standard) {
    this.missing = missing;
    this.standard = standard;
  }

  @Override
  public ConfigIncluder withFallback(ConfigIncluder fallback) {
    return new StrictIncluder(missing, Optional.of(fallback));
  }

  @Override
  public ConfigObject include(ConfigIncludeContext context, String what) {
    return included(what, () -> standard().include(required(context), what));
  }

  @Override
  public ConfigObject includeFile(ConfigIncludeContext context, File what) {
    ConfigIncluderFile files = (ConfigIncluderFile) standard();
    return included(what.getPath(), () -> files.includeFile(required(context), what));
  }

  @Override
  public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
    ConfigIncluderURL urls = (ConfigIncluderURL) standard();
    return included(what.toString(), () -> urls.includeURL(required(context), what));
  }

  @Override
  public ConfigObject includeResources(ConfigIncludeContext context, String what) {
    ConfigIncluderClasspath resources = (ConfigIncluderClasspath) standard();
    return included(what, () -> resources.includeResources(required(context), what));
  }

  /** The library's own includer, which implements all four interfaces. */
  private ConfigIncluder standard() {
    return standard.orElseThrow();
  }

  private static ConfigIncludeContext required(ConfigIncludeContext context) {
    return context.setParseOptions(context.parseOptions().setAllowMissing(false));
  }

  private ConfigObject included(String what, Supplier<ConfigObject> include) {
    try {
      return include.get();
    } catch (ConfigException.IO e) {
      missing.accept(what, e);
      return ConfigFactory.empty().root();
    }
  }
}
