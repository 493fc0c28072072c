"""Wikipedia dumps to articles: XML pages, wikitext, templates, language conversion, passages."""
