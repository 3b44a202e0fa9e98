// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigValue;
import java.util.Map;

/**
 * A configuration with its substitutions resolved, divided into the user's part and the defaults.
 *
 * @param all the user's settings and the defaults
 * @param user what the user has written, without defaults
 * @param defaults the defaults, without what the user has written
 */
record ResolvedConfig(Config all, Config user, Config defaults) {
  /*
   * The user's text is resolved together with the defaults, and separated from them afterwards.
   * Resolved alone, a text that refers to itself (`+=`, a key that is set and then overridden by an
   * environment variable, a section that is one substitution) has no value or cannot be resolved.
   * To separate them, the text is resolved again over defaults whose origin is their own path. A
   * value whose origin is its own path is a default; a value that the user has taken from another
   * default has the path of that default as its origin.
   */
  private static final String MARK = "default of ";

  /**
   * Resolves a configuration over its defaults.
   *
   * @throws ConfigException if a substitution has no value
   */
  static ResolvedConfig of(Config written, Config defaults) {
    Config all = written.withFallback(defaults).resolve();
    Config standard = defaults.resolveWith(all);
    ConfigObject marked = written.withFallback(mark(standard.root(), MARK)).resolve().root();
    return new ResolvedConfig(all, written(all.root(), marked, MARK).toConfig(), standard);
  }

  private static ConfigObject mark(ConfigObject defaults, String path) {
    ConfigObject marked = defaults;
    for (Map.Entry<String, ConfigValue> entry : defaults.entrySet()) {
      String at = path + "." + entry.getKey();
      ConfigValue value =
          entry.getValue() instanceof ConfigObject section && !section.isEmpty()
              ? mark(section, at)
              : entry.getValue().withOrigin(ConfigOriginFactory.newSimple(at));
      marked = marked.withValue(entry.getKey(), value);
    }
    return marked;
  }

  private static ConfigObject written(ConfigObject all, ConfigObject marked, String path) {
    ConfigObject user = all;
    for (Map.Entry<String, ConfigValue> entry : all.entrySet()) {
      String key = entry.getKey();
      String at = path + "." + key;
      ConfigValue mark = marked.get(key);
      if (mark.origin().description().equals(at)) {
        user = user.withoutKey(key);
      } else if (entry.getValue() instanceof ConfigObject section
          && mark instanceof ConfigObject marks
          && !section.isEmpty()) {
        ConfigObject mine = written(section, marks, at);
        user = mine.isEmpty() ? user.withoutKey(key) : user.withValue(key, mine);
      }
    }
    return user;
  }
}
