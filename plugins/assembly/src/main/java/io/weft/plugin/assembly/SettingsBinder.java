// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.assembly;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.weft.spi.plugin.ByteSize;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Converts sections of the configuration to settings records: the key {@code virtual-nodes} sets
 * the component {@code virtualNodes}.
 *
 * <p>Components are {@code int}, {@code long}, {@code double}, {@code boolean}, {@code String},
 * {@link Duration}, {@link ByteSize}, enums, records, and {@code List}, {@code Map<String, ?>} and
 * {@code Optional} of these. Used by one thread.
 */
final class SettingsBinder {
  /*
   * A record checks its components in its constructor, which can report only the first mistake. To
   * find the others, the component named in the message is replaced by its default, and the record
   * is made again, until that succeeds or no further component is named. Components that could not
   * be read are replaced from the start; without a default they are null or 0, and what the
   * constructor says about them is ignored, because they have already been reported.
   */
  private static final ConfigRenderOptions ONE_LINE = ConfigRenderOptions.concise();

  private final Config user;
  private final Config defaults;
  private final Problems problems;
  private final Set<Place> missing = new HashSet<>();

  /**
   * Makes a binder.
   *
   * @param user what the user has set, without defaults
   * @param defaults all defaults, without what the user has set
   */
  SettingsBinder(Config user, Config defaults, Problems problems) {
    this.user = user;
    this.defaults = defaults;
    this.problems = problems;
  }

  /** Whether values of this type are sections of their own. */
  static boolean isSection(Class<?> type) {
    return type.isRecord() && type != ByteSize.class;
  }

  /** A value as written in a configuration, on one line. */
  static String show(ConfigValue value) {
    return value.render(ONE_LINE);
  }

  /**
   * Makes a settings record from a section.
   *
   * @param section all of the section, with defaults
   * @param path of the section, for messages
   * @return empty if there were problems, which have been reported
   */
  <R extends Record> Optional<R> bind(Class<R> type, ConfigObject section, String path) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments = new Object[components.length];
    boolean[] replaced = new boolean[components.length];
    for (int i = 0; i < components.length; i++) {
      String key = keyOf(components[i]);
      Optional<?> argument = component(components[i].getGenericType(), section, path, key);
      replaced[i] = argument.isEmpty();
      arguments[i] = argument.isPresent() ? argument.get() : standIn(components[i], path);
    }
    return make(type, components, arguments, replaced, section, path);
  }

  private Optional<?> component(Type type, ConfigObject section, String path, String key) {
    ConfigValue value = section.get(key);
    boolean absent = value == null || value.valueType() == ConfigValueType.NULL;
    if (type instanceof ParameterizedType generic && generic.getRawType() == Optional.class) {
      return absent
          ? Optional.of(Optional.empty())
          : convert(generic.getActualTypeArguments()[0], value, path + "." + key).map(Optional::of);
    }
    if (absent && type instanceof Class<?> c && isSection(c)) {
      return bind(c.asSubclass(Record.class), ConfigFactory.empty().root(), path + "." + key);
    }
    if (absent) {
      missing(section, value, path, key);
      return Optional.empty();
    }
    return convert(type, value, path + "." + key);
  }

  private void missing(ConfigObject section, ConfigValue value, String path, String key) {
    if (value != null && !missing.add(Place.of(value.origin()))) {
      return; // It has its value from a key that has already been reported.
    }
    List<String> prose = value == null ? List.of() : value.origin().comments();
    problems.add(
        AssemblyErrors.MISSING_KEY,
        nearest(path),
        path + "." + key,
        path + "." + key + " is not set." + (prose.isEmpty() ? "" : " " + sentence(prose)));
  }

  /** The place of a section for messages: itself, or the innermost section around it. */
  private ConfigOrigin nearest(String path) {
    String at = path.replaceAll("\\[.*", "");
    while (!at.isEmpty()) {
      if (user.hasPath(at)) {
        return user.getValue(at).origin();
      }
      at = at.contains(".") ? at.substring(0, at.lastIndexOf('.')) : "";
    }
    return user.origin();
  }

  private static String sentence(List<String> comments) {
    return String.join(" ", comments.stream().map(String::strip).toList());
  }

  private Optional<?> convert(Type type, ConfigValue value, String path) {
    if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
      return list(generic.getActualTypeArguments()[0], value, path);
    }
    if (type instanceof ParameterizedType generic && generic.getRawType() == Map.class) {
      return map(generic.getActualTypeArguments()[1], value, path);
    }
    if (!(type instanceof Class<?> c)) {
      throw new IllegalArgumentException("settings cannot have a component of type " + type);
    }
    if (isSection(c)) {
      return value instanceof ConfigObject object
          ? bind(c.asSubclass(Record.class), object, path)
          : wrong(value, path, "a section { ... }");
    }
    return scalar(c, value, path);
  }

  private Optional<?> list(Type element, ConfigValue value, String path) {
    if (!(value instanceof ConfigList list)) {
      return wrong(value, path, "a list [ ... ]");
    }
    List<Object> result = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      convert(element, list.get(i), path + "[" + i + "]").ifPresent(result::add);
    }
    return result.size() == list.size() ? Optional.of(result) : Optional.empty();
  }

  private Optional<?> map(Type element, ConfigValue value, String path) {
    if (!(value instanceof ConfigObject object)) {
      return wrong(value, path, "a section { ... }");
    }
    Map<String, Object> result = new LinkedHashMap<>();
    object.forEach(
        (key, item) ->
            convert(element, item, path + "." + key).ifPresent(made -> result.put(key, made)));
    return result.size() == object.size() ? Optional.of(result) : Optional.empty();
  }

  private Optional<?> scalar(Class<?> type, ConfigValue value, String path) {
    Config one = value.atKey("v");
    try {
      if (type == int.class || type == Integer.class) {
        return Optional.of(whole(one).intValueExact());
      } else if (type == long.class || type == Long.class) {
        return Optional.of(whole(one).longValueExact());
      } else if (type == double.class || type == Double.class) {
        return Optional.of(one.getDouble("v"));
      } else if (type == boolean.class || type == Boolean.class) {
        return Optional.of(one.getBoolean("v"));
      } else if (type == String.class) {
        return Optional.of(one.getString("v"));
      } else if (type == Duration.class) {
        return Optional.of(one.getDuration("v"));
      } else if (type == ByteSize.class) {
        return Optional.of(new ByteSize(one.getBytes("v")));
      } else if (type.isEnum()) {
        return constant(type, one.getString("v"), value, path);
      }
    } catch (ConfigException | ArithmeticException | IllegalArgumentException e) {
      return wrong(value, path, nameOf(type));
    }
    throw new IllegalArgumentException("settings cannot have a component of type " + type);
  }

  private static BigDecimal whole(Config one) {
    return new BigDecimal(one.getString("v").strip());
  }

  private Optional<?> constant(Class<?> type, String word, ConfigValue value, String path) {
    Map<String, Object> constants = new LinkedHashMap<>();
    for (Object constant : type.getEnumConstants()) {
      constants.put(Kebab.ofConstant((Enum<?>) constant), constant);
    }
    Object found = constants.get(word);
    if (found == null) {
      problems.add(
          AssemblyErrors.OUT_OF_RANGE,
          value.origin(),
          path,
          path
              + " = "
              + show(value)
              + " is not one of "
              + String.join(", ", constants.keySet())
              + "."
              + Suggestions.question(word, constants.keySet()));
    }
    return Optional.ofNullable(found);
  }

  private Optional<?> wrong(ConfigValue value, String path, String expected) {
    problems.add(
        AssemblyErrors.WRONG_TYPE,
        value.origin(),
        path,
        path + " = " + show(value) + " is not " + expected + ".");
    return Optional.empty();
  }

  private static String nameOf(Class<?> type) {
    if (type == int.class || type == Integer.class) {
      return "a whole number of 32 bits";
    } else if (type == long.class || type == Long.class) {
      return "a whole number of 64 bits";
    } else if (type == double.class || type == Double.class) {
      return "a number";
    } else if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    } else if (type == Duration.class) {
      return "a duration such as 500 ms, 10 s or 2 minutes";
    } else if (type == ByteSize.class) {
      return "a size such as 8 KiB, 64 MiB or 1 GiB";
    }
    return "a text";
  }

  private <R extends Record> Optional<R> make(
      Class<R> type,
      RecordComponent[] components,
      Object[] arguments,
      boolean[] replaced,
      ConfigObject section,
      String path) {
    while (true) {
      try {
        R made = newRecord(type, components, arguments);
        return anyOf(replaced) ? Optional.empty() : Optional.of(made);
      } catch (InvocationTargetException e) {
        String message = String.valueOf(e.getCause().getMessage());
        Optional<Integer> blamed =
            e.getCause() instanceof IllegalArgumentException
                ? blamed(components, message, path)
                : Optional.empty();
        if (anyOf(replaced) && (blamed.isEmpty() || replaced[blamed.get()])) {
          return Optional.empty();
        }
        refused(section, path, blamed.map(i -> keyOf(components[i])), message);
        if (blamed.isEmpty()) {
          return Optional.empty();
        }
        replaced[blamed.get()] = true;
        arguments[blamed.get()] = standIn(components[blamed.get()], path);
      }
    }
  }

  private static boolean anyOf(boolean[] flags) {
    for (boolean flag : flags) {
      if (flag) {
        return true;
      }
    }
    return false;
  }

  private static <R extends Record> R newRecord(
      Class<R> type, RecordComponent[] components, Object[] arguments)
      throws InvocationTargetException {
    try {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      if (e instanceof InvocationTargetException thrown) {
        throw thrown;
      }
      throw new IllegalStateException(type + " cannot be made: " + e.getMessage(), e);
    }
  }

  /** The component that a constructor's message names first. */
  private static Optional<Integer> blamed(
      RecordComponent[] components, String message, String path) {
    Optional<Integer> first = Optional.empty();
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < components.length; i++) {
      Pattern name =
          Pattern.compile(
              "(?<![A-Za-z0-9-])(?:"
                  + Pattern.quote(keyOf(components[i]))
                  + "|"
                  + Pattern.quote(components[i].getName())
                  + ")(?![A-Za-z0-9-])");
      Matcher matcher = name.matcher(message.replace(path, ""));
      if (matcher.find() && matcher.start() < least) {
        least = matcher.start();
        first = Optional.of(i);
      }
    }
    return first;
  }

  private void refused(ConfigObject section, String path, Optional<String> key, String message) {
    ConfigOrigin origin = key.map(k -> section.get(k).origin()).orElse(nearest(path));
    String whole = key.map(k -> path + "." + k).orElse(path);
    problems.add(
        AssemblyErrors.OUT_OF_RANGE, origin, whole, sentence(section, key, whole, message));
  }

  /** The constructor's message with the whole key in front and a full stop. */
  private static String sentence(
      ConfigObject section, Optional<String> key, String whole, String message) {
    String stop = message.endsWith(".") ? "" : ".";
    if (message.startsWith(whole)) {
      return message + stop;
    } else if (key.isPresent() && message.startsWith(key.get())) {
      return whole + message.substring(key.get().length()) + stop;
    }
    String shown = key.map(k -> whole + " = " + show(section.get(k))).orElse(whole);
    return shown + ": " + message + stop;
  }

  /** The default of a component; without one, null or 0. */
  private Object standIn(RecordComponent component, String path) {
    String key = path + "." + keyOf(component);
    if (!key.contains("[") && defaults.hasPath(key)) {
      Optional<?> standard = convert(component.getGenericType(), defaults.getValue(key), key);
      if (standard.isPresent()) {
        return standard.get();
      }
    }
    return Array.get(Array.newInstance(component.getType(), 1), 0);
  }

  private static String keyOf(RecordComponent component) {
    return Kebab.ofComponent(component.getName());
  }
}
