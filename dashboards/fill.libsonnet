// `<name>` in a template stands for the field `name` of `values`. The `%` operator does the same, but the C++ jsonnet
// interprets it character by character (measured: 1 to 3 ms a string, most of a dashboard's time).
function(template, values)
  std.foldl(
    function(text, name) std.strReplace(text, '<' + name + '>', std.toString(values[name])),
    std.objectFields(values),
    template
  )
