-- Migration 3: CSV imports and their records, the mapping of columns to Coperniq's fields, the audit log of
-- Coperniq's API, and the lineage from a row to the record it became.
--
-- The seven types of Coperniq and the camelCase rule of its field names stand in CHECKs of the tables that hold them.

CREATE TYPE public.csv_import_status AS ENUM (
    'pending',
    'validating',
    'processing',
    'success',
    'partial_success',
    'failed'
);
COMMENT ON TYPE public.csv_import_status IS
'Reading and judging of a file. Sending to Coperniq has a status of its own, csv_imports.coperniq_sync_status.';

CREATE TYPE public.csv_record_status AS ENUM ('valid', 'skipped', 'error', 'duplicate', 'warning');
COMMENT ON TYPE public.csv_record_status IS
'valid and warning are sendable; duplicate repeats a sendable row of the import; skipped is in Coperniq, unchanged.';

-- Keys of records ----------------------------------------------------------------------------------------------------

CREATE FUNCTION public.fold_case(p_value TEXT) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = ''
AS $$
BEGIN
    -- lower() depends on the locale of the database and knows neither ß nor ς, so Unicode's own table stands here:
    -- the letters that fold to one letter, then those that fold to several or that an editor may silently rewrite.
    RETURN (
        SELECT string_agg(coalesce('{
            "\u00df": "ss", "\u0130": "i\u0307", "\u0149": "\u02bcn", "\u01f0": "j\u030c", "\u0345": "\u03b9",
            "\u0390": "\u03b9\u0308\u0301", "\u03b0": "\u03c5\u0308\u0301", "\u1e96": "h\u0331", "\u1e97": "t\u0308",
            "\u1e98": "w\u030a", "\u1e99": "y\u030a", "\u1e9a": "a\u02be", "\u1e9e": "ss", "\u1f50": "\u03c5\u0313",
            "\u1f52": "\u03c5\u0313\u0300", "\u1f54": "\u03c5\u0313\u0301", "\u1f56": "\u03c5\u0313\u0342",
            "\u1f80": "\u1f00\u03b9", "\u1f81": "\u1f01\u03b9", "\u1f82": "\u1f02\u03b9", "\u1f83": "\u1f03\u03b9",
            "\u1f84": "\u1f04\u03b9", "\u1f85": "\u1f05\u03b9", "\u1f86": "\u1f06\u03b9", "\u1f87": "\u1f07\u03b9",
            "\u1f88": "\u1f00\u03b9", "\u1f89": "\u1f01\u03b9", "\u1f8a": "\u1f02\u03b9", "\u1f8b": "\u1f03\u03b9",
            "\u1f8c": "\u1f04\u03b9", "\u1f8d": "\u1f05\u03b9", "\u1f8e": "\u1f06\u03b9", "\u1f8f": "\u1f07\u03b9",
            "\u1f90": "\u1f20\u03b9", "\u1f91": "\u1f21\u03b9", "\u1f92": "\u1f22\u03b9", "\u1f93": "\u1f23\u03b9",
            "\u1f94": "\u1f24\u03b9", "\u1f95": "\u1f25\u03b9", "\u1f96": "\u1f26\u03b9", "\u1f97": "\u1f27\u03b9",
            "\u1f98": "\u1f20\u03b9", "\u1f99": "\u1f21\u03b9", "\u1f9a": "\u1f22\u03b9", "\u1f9b": "\u1f23\u03b9",
            "\u1f9c": "\u1f24\u03b9", "\u1f9d": "\u1f25\u03b9", "\u1f9e": "\u1f26\u03b9", "\u1f9f": "\u1f27\u03b9",
            "\u1fa0": "\u1f60\u03b9", "\u1fa1": "\u1f61\u03b9", "\u1fa2": "\u1f62\u03b9", "\u1fa3": "\u1f63\u03b9",
            "\u1fa4": "\u1f64\u03b9", "\u1fa5": "\u1f65\u03b9", "\u1fa6": "\u1f66\u03b9", "\u1fa7": "\u1f67\u03b9",
            "\u1fa8": "\u1f60\u03b9", "\u1fa9": "\u1f61\u03b9", "\u1faa": "\u1f62\u03b9", "\u1fab": "\u1f63\u03b9",
            "\u1fac": "\u1f64\u03b9", "\u1fad": "\u1f65\u03b9", "\u1fae": "\u1f66\u03b9", "\u1faf": "\u1f67\u03b9",
            "\u1fb2": "\u1f70\u03b9", "\u1fb3": "\u03b1\u03b9", "\u1fb4": "\u03ac\u03b9", "\u1fb6": "\u03b1\u0342",
            "\u1fb7": "\u03b1\u0342\u03b9", "\u1fbb": "\u1f71", "\u1fbc": "\u03b1\u03b9", "\u1fbe": "\u03b9",
            "\u1fc2": "\u1f74\u03b9", "\u1fc3": "\u03b7\u03b9", "\u1fc4": "\u03ae\u03b9", "\u1fc6": "\u03b7\u0342",
            "\u1fc7": "\u03b7\u0342\u03b9", "\u1fc9": "\u1f73", "\u1fcb": "\u1f75", "\u1fcc": "\u03b7\u03b9",
            "\u1fd2": "\u03b9\u0308\u0300", "\u1fd3": "\u03b9\u0308\u0301", "\u1fd6": "\u03b9\u0342",
            "\u1fd7": "\u03b9\u0308\u0342", "\u1fdb": "\u1f77", "\u1fe2": "\u03c5\u0308\u0300",
            "\u1fe3": "\u03c5\u0308\u0301", "\u1fe4": "\u03c1\u0313", "\u1fe6": "\u03c5\u0342",
            "\u1fe7": "\u03c5\u0308\u0342", "\u1feb": "\u1f7b", "\u1ff2": "\u1f7c\u03b9", "\u1ff3": "\u03c9\u03b9",
            "\u1ff4": "\u03ce\u03b9", "\u1ff6": "\u03c9\u0342", "\u1ff7": "\u03c9\u0342\u03b9", "\u1ff9": "\u1f79",
            "\u1ffb": "\u1f7d", "\u1ffc": "\u03c9\u03b9", "\u2126": "\u03c9", "\u212a": "k", "\u212b": "\u00e5",
            "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st",
            "\ufb06": "st"
        }'::jsonb ->> letter, letter), '' ORDER BY place)
        FROM unnest(string_to_array(translate(lower(p_value COLLATE "C"),
            'µÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽſƁƂƄƆƇƉ'
            || 'ƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠƢƤƦƧƩƬƮƯƱƲƳƵƷƸƼǄǅǇǈǊǋǍǏǑǓǕǗǙǛǞǠǢǤǦǨǪǬǮǱǲǴǶǷǸǺǼǾȀȂȄȆȈȊȌȎȐȒȔȖȘȚȜȞȠȢȤȦȨȪȬȮȰȲȺȻȽȾɁɃɄɅɆɈɊɌ'
            || 'ɎͰͲͶͿΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫςϏϐϑϕϖϘϚϜϞϠϰϱϴϵϷϹϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШ'
            || 'ЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӃӅӇӉӋӍӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠ'
            || 'ԢԤԦԨԪԬԮᲀᲁᲂᲃᲄᲅᲆᲇᲈḀḂḄḆḈḊḌḎḐḒḔḖḘḚḜḞḠḢḤḦḨḪḬḮḰḲḴḶḸḺḼḾṀṂṄṆṈṊṌṎṐṒṔṖṘṚṜṞṠṢṤṦṨṪṬṮṰṲṴṶṸṺṼṾẀẂẄẆẈẊẌẎẐẒẔẛẠẢẤẦẨẪẬẮ'
            || 'ẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸỺỼỾἈἉἊἋἌἍἎἏἘἙἚἛἜἝἨἩἪἫἬἭἮἯἸἹἺἻἼἽἾἿὈὉὊὋὌὍὙὛὝὟὨὩὪὫὬὭὮὯᾸᾹᾺῈῊῘῙῚῨῩῪῬ'
            || 'ῸῺⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿⓀⓁⓂⓃⓄⓅⓆⓇⓈⓉⓊⓋⓌⓍⓎⓏⰮⱠⱢⱣⱤⱧⱩⱫⱭⱮⱯⱰⱲⱵⱾⱿꙀꙂꙄꙆꙈꙊꙌꙎꙐꙒꙔꙖꙘꙚꙜꙞꙠꙢꙤꙦꙨꙪꙬꚀꚂꚄꚆꚈꚊꚌꚎꚐꚒꚔꚖꚘꚚꜢꜤꜦꜨꜪꜬꜮꜲꜴꜶꜸꜺꜼꜾꝀꝂꝄꝆꝈ'
            || 'ꝊꝌꝎꝐꝒꝔꝖꝘꝚꝜꝞꝠꝢꝤꝦꝨꝪꝬꝮꝹꝻꝽꝾꞀꞂꞄꞆꞋꞍꞐꞒꞖꞘꞚꞜꞞꞠꞢꞤꞦꞨꞪꞫꞬꞭꞮꞰꞱꞲꞳꞴꞶꞸꞺꞼꞾꟀꟂꟄꟅꟆꟇꟉꟐꟖꟘꟵＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ',
            'μàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷÿźżžsɓƃƅɔƈɖ'
            || 'ɗƌǝəɛƒɠɣɩɨƙɯɲɵơƣƥʀƨʃƭʈưʊʋƴƶʒƹƽǆǆǉǉǌǌǎǐǒǔǖǘǚǜǟǡǣǥǧǩǫǭǯǳǳǵƕƿǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȝȟƞȣȥȧȩȫȭȯȱȳⱥȼƚⱦɂƀʉʌɇɉɋɍ'
            || 'ɏͱͳͷϳάέήίόύώαβγδεζηθικλμνξοπρστυφχψωϊϋσϗβθφπϙϛϝϟϡκρθεϸϲϻͻͼͽѐёђѓєѕіїјљњћќѝўџабвгдежзийклмнопрстуфхцчш'
            || 'щъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӂӄӆӈӊӌӎӑӓӕӗәӛӝӟӡӣӥӧөӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡ'
            || 'ԣԥԧԩԫԭԯвдосттъѣꙋḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕṡạảấầẩẫậắ'
            || 'ằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹỻỽỿἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὑὓὕὗὠὡὢὣὤὥὦὧᾰᾱὰὲὴῐῑὶῠῡὺῥ'
            || 'ὸὼⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩⱞⱡɫᵽɽⱨⱪⱬɑɱɐɒⱳⱶȿɀꙁꙃꙅꙇꙉꙋꙍꙏꙑꙓꙕꙗꙙꙛꙝꙟꙡꙣꙥꙧꙩꙫꙭꚁꚃꚅꚇꚉꚋꚍꚏꚑꚓꚕꚗꚙꚛꜣꜥꜧꜩꜫꜭꜯꜳꜵꜷꜹꜻꜽꜿꝁꝃꝅꝇꝉ'
            || 'ꝋꝍꝏꝑꝓꝕꝗꝙꝛꝝꝟꝡꝣꝥꝧꝩꝫꝭꝯꝺꝼᵹꝿꞁꞃꞅꞇꞌɥꞑꞓꞗꞙꞛꞝꞟꞡꞣꞥꞧꞩɦɜɡɬɪʞʇʝꭓꞵꞷꞹꞻꞽꞿꟁꟃꞔʂᶎꟈꟊꟑꟗꟙꟶａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ'
        ), NULL)) WITH ORDINALITY AS letters (letter, place)
    );
END;
$$;
COMMENT ON FUNCTION public.fold_case(TEXT) IS
'Python''s str.casefold() for the Latin, Greek and Cyrillic scripts (Unicode 14), whatever the locale. NULL for ''''.';

CREATE FUNCTION public.normalise_key(p_value TEXT) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = ''
AS $$
BEGIN
    RETURN btrim(regexp_replace(
        CASE
            WHEN octet_length(p_value) = char_length(p_value) THEN lower(p_value COLLATE "C")
            ELSE public.fold_case(p_value)
        END,
        '[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+', ' ', 'g'
    ));
END;
$$;
COMMENT ON FUNCTION public.normalise_key(TEXT) IS
'The text trimmed, case-folded, inner white space collapsed: what Python says to " ".join(s.casefold().split()).';

CREATE FUNCTION public.normalise_phone(p_value TEXT) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = ''
AS $$
DECLARE
    v_number TEXT := public.normalise_key(p_value);
BEGIN
    -- Without the extension, without a label such as "mobile:", without what people write between the digits.
    v_number := regexp_replace(v_number, '[ ,]*(x|ext\.?|extension|#) *[0-9]{1,6}$', '');
    v_number := regexp_replace(v_number, '^[a-z][a-z ]{1,14}[:.] *', '');
    v_number := translate(v_number, ' ().-–_*', '');
    RETURN CASE
        WHEN v_number ~ '^(\+?1)?[2-9][0-9]{2}[2-9][0-9]{6}$' THEN '+1' || right(v_number, 10)
        WHEN v_number ~ '^\+[2-9][0-9]{7,14}$' THEN v_number
    END;
END;
$$;
COMMENT ON FUNCTION public.normalise_phone(TEXT) IS
'The phone in E.164, its extension dropped; without a country it is of the US. NULL where it is no phone number.';

CREATE FUNCTION public.coperniq_key_part(p_data JSONB, p_field TEXT, p_kind TEXT DEFAULT 'text') RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = ''
AS $$
DECLARE
    v_values JSONB := p_data -> p_field;
    v_value TEXT;
    v_part TEXT;
BEGIN
    IF jsonb_typeof(v_values) IS DISTINCT FROM 'array' THEN
        v_values := jsonb_build_array(v_values);
    END IF;
    FOR v_place IN 0..jsonb_array_length(v_values) - 1 LOOP
        v_value := v_values ->> v_place;
        v_part := CASE p_kind
            WHEN 'phone' THEN public.normalise_phone(v_value)
            WHEN 'contact' THEN coalesce(public.normalise_phone(v_value), public.normalise_key(v_value))
            WHEN 'datetime' THEN regexp_replace(
                public.normalise_key(v_value), '^([0-9]{4}-[0-9]{2}-[0-9]{2})$', '\1t00:00:00z'
            )
            ELSE public.normalise_key(v_value)
        END;
        IF v_part <> '' THEN
            RETURN v_part;
        END IF;
    END LOOP;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.coperniq_key_part(JSONB, TEXT, TEXT) IS
'The first value of a field that is not blank, normalised as text, as a phone, as a contact (its phone, else text) or
as a datetime (a date is its midnight, UTC). A value is a text or a list.';

CREATE FUNCTION public.coperniq_record_key(p_coperniq_type TEXT, p_data JSONB) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = ''
AS $$
DECLARE
    v_parts TEXT[];
BEGIN
    CASE p_coperniq_type
        WHEN 'Contact' THEN
            RETURN coalesce(
                public.coperniq_key_part(p_data, 'emails'),
                public.coperniq_key_part(p_data, 'email'),
                public.coperniq_key_part(p_data, 'phones', 'phone'),
                public.coperniq_key_part(p_data, 'phone', 'phone'),
                public.coperniq_key_part(p_data, 'name')
            );
        WHEN 'Asset' THEN
            IF public.coperniq_key_part(p_data, 'serialNumber') IS NOT NULL THEN
                RETURN public.coperniq_key_part(p_data, 'serialNumber');
            END IF;
            v_parts := ARRAY[
                public.coperniq_key_part(p_data, 'siteId'),
                public.coperniq_key_part(p_data, 'name')
            ];
        WHEN 'Site' THEN
            v_parts := ARRAY[
                public.coperniq_key_part(p_data, 'fullAddress'),
                public.coperniq_key_part(p_data, 'clientId', 'contact')
            ];
        WHEN 'Task' THEN
            v_parts := ARRAY[
                public.coperniq_key_part(p_data, 'siteId'),
                public.coperniq_key_part(p_data, 'title'),
                public.coperniq_key_part(p_data, 'startDate', 'datetime')
            ];
        WHEN 'System' THEN
            v_parts := ARRAY[
                public.coperniq_key_part(p_data, 'siteId'),
                public.coperniq_key_part(p_data, 'name')
            ];
        WHEN 'ServicePlanInstance' THEN
            v_parts := ARRAY[
                public.coperniq_key_part(p_data, 'servicePlanId'),
                public.coperniq_key_part(p_data, 'clientId', 'contact'),
                public.coperniq_key_part(p_data, 'startDate')
            ];
        WHEN 'FinancialDocument' THEN
            v_parts := ARRAY[
                public.coperniq_key_part(p_data, 'clientId', 'contact'),
                public.coperniq_key_part(p_data, 'type'),
                public.coperniq_key_part(p_data, 'title'),
                public.coperniq_key_part(p_data, 'issueDate')
            ];
        ELSE
            RAISE invalid_parameter_value USING
                MESSAGE = format('Coperniq has no type %s.', p_coperniq_type);
    END CASE;
    IF num_nonnulls(VARIADIC v_parts) > 0 THEN
        RETURN array_to_string(v_parts, ' | ', '');
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.coperniq_record_key(TEXT, JSONB) IS
'record_key of a row, from an object of Coperniq''s field names. NULL when nothing of the key is there. Contact: first
e-mail, else first phone, else name. Asset: serial number, else site | name. Site: address | client. Task: site | title
| start. System: site | name. ServicePlanInstance: plan | client | start. FinancialDocument: client | type | title |
issue date.';

-- Tables -------------------------------------------------------------------------------------------------------------

CREATE TABLE public.csv_imports (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id),
    import_name TEXT NOT NULL,
    coperniq_type TEXT NOT NULL,
    file_size_bytes INTEGER,
    file_hash TEXT,
    total_records_attempted INTEGER NOT NULL DEFAULT 0,
    total_records_success INTEGER NOT NULL DEFAULT 0,
    total_records_failed INTEGER NOT NULL DEFAULT 0,
    status public.csv_import_status NOT NULL DEFAULT 'pending',
    started_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    duration_seconds INTEGER,
    coperniq_sync_status TEXT NOT NULL DEFAULT 'pending',
    coperniq_transaction_id TEXT,
    error_summary JSONB,
    imported_by TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT csv_imports_name_given CHECK (btrim(import_name) <> ''),
    CONSTRAINT csv_imports_coperniq_type CHECK (
        coperniq_type IN ('Contact', 'Site', 'Asset', 'Task', 'System', 'ServicePlanInstance', 'FinancialDocument')
    ),
    CONSTRAINT csv_imports_file_size CHECK (file_size_bytes >= 0),
    CONSTRAINT csv_imports_counts CHECK (
        total_records_attempted >= 0
        AND total_records_success >= 0
        AND total_records_failed >= 0
        AND total_records_success::bigint + total_records_failed <= total_records_attempted
    ),
    CONSTRAINT csv_imports_times CHECK (completed_at >= started_at),
    CONSTRAINT csv_imports_coperniq_sync_status CHECK (coperniq_sync_status IN ('pending', 'synced', 'failed'))
);
COMMENT ON TABLE public.csv_imports IS 'One row for each attempt to import a file of a contractor.';
COMMENT ON COLUMN public.csv_imports.import_name IS 'Name of the file, such as Contact.csv.';
COMMENT ON COLUMN public.csv_imports.file_hash IS 'SHA-256 of the content: imported once, unless that failed.';
COMMENT ON COLUMN public.csv_imports.total_records_attempted IS 'Rows in csv_import_records, whatever their status.';
COMMENT ON COLUMN public.csv_imports.total_records_success IS 'Rows of status valid or warning.';
COMMENT ON COLUMN public.csv_imports.total_records_failed IS 'Rows of status error.';
COMMENT ON COLUMN public.csv_imports.started_at IS 'When work began: set when the status leaves pending.';
COMMENT ON COLUMN public.csv_imports.completed_at IS 'When the status became success, partial_success or failed.';
COMMENT ON COLUMN public.csv_imports.duration_seconds IS 'Whole seconds from started_at to completed_at; calculated.';
COMMENT ON COLUMN public.csv_imports.coperniq_sync_status IS
'pending until every sendable row is in Coperniq (synced), failed when a row was refused for good.';
COMMENT ON COLUMN public.csv_imports.coperniq_transaction_id IS 'Coperniq''s reference of the last operation.';
COMMENT ON COLUMN public.csv_imports.error_summary IS '{field_errors: {…}, validation_errors: […]}, or why it failed.';

CREATE UNIQUE INDEX csv_imports_one_per_file
ON public.csv_imports (contractor_config_id, coperniq_type, file_hash)
WHERE status <> 'failed';
COMMENT ON INDEX public.csv_imports_one_per_file IS 'The same file again is refused, unless its import failed.';

CREATE TABLE public.csv_import_records (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    csv_import_id UUID NOT NULL REFERENCES public.csv_imports (id) ON DELETE CASCADE,
    record_number INTEGER NOT NULL,
    record_data JSONB NOT NULL,
    record_key TEXT,
    status public.csv_record_status NOT NULL,
    error_message TEXT,
    coperniq_id TEXT,
    invalid_fields TEXT[],
    missing_required_fields TEXT[],
    processed_at TIMESTAMPTZ,
    CONSTRAINT csv_import_records_one_per_number UNIQUE (csv_import_id, record_number),
    CONSTRAINT csv_import_records_number_from_1 CHECK (record_number >= 1)
);
COMMENT ON TABLE public.csv_import_records IS 'One row for each physical record of an imported file.';
COMMENT ON COLUMN public.csv_import_records.record_number IS 'Place in the file, from 1; the header is none.';
COMMENT ON COLUMN public.csv_import_records.record_data IS 'The row as it stood in the file.';
COMMENT ON COLUMN public.csv_import_records.record_key IS 'Natural key by contractor and type: coperniq_record_key().';
COMMENT ON COLUMN public.csv_import_records.error_message IS 'What a contractor''s office can act on.';
COMMENT ON COLUMN public.csv_import_records.coperniq_id IS 'Id of the record in Coperniq, once it is there.';
COMMENT ON COLUMN public.csv_import_records.processed_at IS 'When the row was judged.';

CREATE TABLE public.coperniq_field_mapping (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    coperniq_type TEXT NOT NULL,
    coperniq_field_name TEXT NOT NULL,
    coperniq_field_type TEXT NOT NULL,
    template_id UUID REFERENCES public.templates (id) ON DELETE SET NULL,
    template_field_id UUID REFERENCES public.template_fields (id) ON DELETE SET NULL,
    template_field_name TEXT,
    is_required BOOLEAN NOT NULL DEFAULT false,
    is_custom BOOLEAN NOT NULL DEFAULT false,
    description TEXT,
    example_values TEXT[],
    mapping_confidence NUMERIC(3, 2),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT coperniq_field_mapping_one_per_field
    UNIQUE NULLS NOT DISTINCT (coperniq_type, coperniq_field_name, template_id, template_field_name),
    CONSTRAINT coperniq_field_mapping_coperniq_type CHECK (
        coperniq_type IN ('Contact', 'Site', 'Asset', 'Task', 'System', 'ServicePlanInstance', 'FinancialDocument')
    ),
    CONSTRAINT coperniq_field_mapping_camel_case CHECK (coperniq_field_name ~ '^[a-z][a-zA-Z0-9]*$'),
    CONSTRAINT coperniq_field_mapping_field_type
    CHECK (coperniq_field_type IN ('string', 'number', 'boolean', 'datetime', 'array', 'object')),
    CONSTRAINT coperniq_field_mapping_confidence CHECK (mapping_confidence BETWEEN 0 AND 1)
);
COMMENT ON TABLE public.coperniq_field_mapping IS
'One row for each field of Coperniq, and one more for each template field that fills it.';
COMMENT ON COLUMN public.coperniq_field_mapping.coperniq_field_name IS 'camelCase, exactly as Coperniq spells it.';
COMMENT ON COLUMN public.coperniq_field_mapping.template_field_name IS 'Template and field, such as lead_intake.email.';
COMMENT ON COLUMN public.coperniq_field_mapping.is_custom IS 'True for a custom field of the contractor in Coperniq.';
COMMENT ON COLUMN public.coperniq_field_mapping.mapping_confidence IS '0.00 to 1.00.';

CREATE TABLE public.csv_column_mapping (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    csv_import_id UUID NOT NULL REFERENCES public.csv_imports (id) ON DELETE CASCADE,
    csv_column_number INTEGER NOT NULL,
    csv_column_header TEXT NOT NULL,
    coperniq_type TEXT NOT NULL,
    coperniq_field_name TEXT,
    transformation_rule TEXT,
    transformation_params JSONB,
    is_required BOOLEAN NOT NULL DEFAULT false,
    validation_rule TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT csv_column_mapping_one_per_column_and_field
    UNIQUE NULLS NOT DISTINCT (csv_import_id, csv_column_number, coperniq_field_name),
    CONSTRAINT csv_column_mapping_number_from_1 CHECK (csv_column_number >= 1),
    CONSTRAINT csv_column_mapping_coperniq_type CHECK (
        coperniq_type IN ('Contact', 'Site', 'Asset', 'Task', 'System', 'ServicePlanInstance', 'FinancialDocument')
    ),
    CONSTRAINT csv_column_mapping_camel_case CHECK (coperniq_field_name ~ '^[a-z][a-zA-Z0-9]*$'),
    CONSTRAINT csv_column_mapping_transformation_rule
    CHECK (transformation_rule IN ('trim', 'uppercase', 'parse_date', 'parse_number', 'custom'))
);
COMMENT ON TABLE public.csv_column_mapping IS
'One row for each column of an imported file and the field of Coperniq that it fills.';
COMMENT ON COLUMN public.csv_column_mapping.csv_column_number IS 'Place of the column in the file, from 1.';
COMMENT ON COLUMN public.csv_column_mapping.coperniq_field_name IS 'camelCase; NULL for a column that is not sent.';
COMMENT ON COLUMN public.csv_column_mapping.transformation_rule IS
'NULL for none. What is neither trim, uppercase, parse_date nor parse_number is custom, named in the params.';
COMMENT ON COLUMN public.csv_column_mapping.transformation_params IS 'Such as {"dateFormat": "MM/DD/YYYY"}.';
COMMENT ON COLUMN public.csv_column_mapping.validation_rule IS 'Regular or SQL expression; nothing here executes it.';

CREATE TABLE public.coperniq_sync_log (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    csv_import_id UUID REFERENCES public.csv_imports (id),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id),
    operation_type TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    records_processed INTEGER NOT NULL DEFAULT 0,
    records_successful INTEGER NOT NULL DEFAULT 0,
    records_failed INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL,
    transaction_id TEXT,
    api_response_status INTEGER,
    api_response_time_ms INTEGER,
    api_error_code TEXT,
    api_error_message TEXT,
    rollback_attempted BOOLEAN NOT NULL DEFAULT false,
    rollback_successful BOOLEAN NOT NULL DEFAULT false,
    performed_by TEXT,
    started_at TIMESTAMPTZ NOT NULL,
    completed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT coperniq_sync_log_operation_type
    CHECK (operation_type IN ('import', 'update', 'delete', 'sync_check')),
    CONSTRAINT coperniq_sync_log_entity_type CHECK (
        entity_type IN ('Contact', 'Site', 'Asset', 'Task', 'System', 'ServicePlanInstance', 'FinancialDocument')
    ),
    CONSTRAINT coperniq_sync_log_counts CHECK (
        records_processed >= 0
        AND records_successful >= 0
        AND records_failed >= 0
        AND records_successful::bigint + records_failed <= records_processed
    ),
    CONSTRAINT coperniq_sync_log_status CHECK (status IN ('success', 'partial_success', 'failed')),
    CONSTRAINT coperniq_sync_log_response CHECK (api_response_status BETWEEN 100 AND 599 AND api_response_time_ms >= 0),
    CONSTRAINT coperniq_sync_log_rollback CHECK (rollback_attempted OR NOT rollback_successful),
    CONSTRAINT coperniq_sync_log_times CHECK (started_at <= completed_at)
);
COMMENT ON TABLE public.coperniq_sync_log IS
'One row for each operation on the wire to Coperniq, nothing else. Append-only: only the owner deletes, for retention.';
COMMENT ON COLUMN public.coperniq_sync_log.contractor_config_id IS 'Taken from the import where there is one.';
COMMENT ON COLUMN public.coperniq_sync_log.transaction_id IS 'Coperniq''s reference of the operation.';
COMMENT ON COLUMN public.coperniq_sync_log.api_response_status IS 'HTTP status; NULL when no response came.';
COMMENT ON COLUMN public.coperniq_sync_log.api_response_time_ms IS 'Milliseconds from request to response.';
COMMENT ON COLUMN public.coperniq_sync_log.rollback_attempted IS 'True for an operation that undoes an import.';

CREATE TABLE public.data_lineage (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    csv_import_record_id UUID REFERENCES public.csv_import_records (id) ON DELETE CASCADE,
    form_submission_id UUID REFERENCES public.mep_form_submissions (id),
    contractor_config_id UUID NOT NULL REFERENCES public.mep_contractor_configs (id),
    coperniq_entity_type TEXT NOT NULL,
    coperniq_entity_id TEXT,
    coperniq_company_id TEXT,
    transformation_applied TEXT,
    data_quality_score NUMERIC(3, 2),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT data_lineage_one_per_record UNIQUE (csv_import_record_id, coperniq_entity_type),
    CONSTRAINT data_lineage_has_source CHECK (num_nonnulls(csv_import_record_id, form_submission_id) >= 1),
    CONSTRAINT data_lineage_entity_type CHECK (
        coperniq_entity_type IN (
            'Contact', 'Site', 'Asset', 'Task', 'System', 'ServicePlanInstance', 'FinancialDocument'
        )
    ),
    CONSTRAINT data_lineage_quality CHECK (data_quality_score BETWEEN 0 AND 1)
);
COMMENT ON TABLE public.data_lineage IS 'One row for each record of Coperniq that a row of a file or a form became.';
COMMENT ON COLUMN public.data_lineage.contractor_config_id IS
'Taken from the record or the form when it is not given; a bulk writer gives it.';
COMMENT ON COLUMN public.data_lineage.coperniq_company_id IS 'Company in Coperniq; 112 is the sandbox.';
COMMENT ON COLUMN public.data_lineage.transformation_applied IS 'What was done to the values on their way.';
COMMENT ON COLUMN public.data_lineage.data_quality_score IS '0.00 to 1.00.';

-- Indexes ------------------------------------------------------------------------------------------------------------

CREATE INDEX idx_csv_imports_status ON public.csv_imports (status);
CREATE INDEX idx_csv_imports_coperniq_status ON public.csv_imports (coperniq_sync_status);
CREATE INDEX idx_csv_imports_hash ON public.csv_imports (file_hash);
CREATE INDEX idx_csv_imports_contractor ON public.csv_imports (contractor_config_id, created_at DESC);
CREATE INDEX idx_csv_imports_working ON public.csv_imports (started_at) WHERE status IN ('validating', 'processing');

CREATE INDEX idx_csv_import_records_status ON public.csv_import_records (status);
CREATE INDEX idx_csv_import_records_import_status ON public.csv_import_records (csv_import_id, status);
CREATE INDEX idx_csv_import_records_key ON public.csv_import_records (csv_import_id, record_key);
CREATE INDEX idx_csv_import_records_coperniq_id
ON public.csv_import_records (coperniq_id) WHERE coperniq_id IS NOT NULL;

CREATE INDEX idx_csv_column_mapping_field ON public.csv_column_mapping (coperniq_type, coperniq_field_name);
CREATE INDEX idx_coperniq_field_mapping_template ON public.coperniq_field_mapping (template_id);

CREATE INDEX idx_coperniq_sync_log_status ON public.coperniq_sync_log (status);
CREATE INDEX idx_coperniq_sync_log_timestamp ON public.coperniq_sync_log (started_at DESC);
CREATE INDEX idx_coperniq_sync_log_import ON public.coperniq_sync_log (csv_import_id, started_at);
CREATE INDEX idx_coperniq_sync_log_contractor ON public.coperniq_sync_log (contractor_config_id, started_at DESC);
CREATE INDEX idx_coperniq_sync_log_transaction ON public.coperniq_sync_log (transaction_id);

CREATE INDEX idx_data_lineage_coperniq ON public.data_lineage (coperniq_entity_type, coperniq_entity_id);
CREATE INDEX idx_data_lineage_submission ON public.data_lineage (form_submission_id);
CREATE INDEX idx_data_lineage_contractor ON public.data_lineage (contractor_config_id, created_at DESC);
CREATE INDEX idx_data_lineage_quality ON public.data_lineage (data_quality_score);

-- Triggers: imports and their records --------------------------------------------------------------------------------

CREATE TRIGGER csv_imports_set_updated_at
BEFORE UPDATE ON public.csv_imports
FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE FUNCTION public.advance_csv_import() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    c_working CONSTANT public.CSV_IMPORT_STATUS[] := '{pending,validating,processing}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status <> ALL (c_working)
        AND NEW.status <> OLD.status
        AND (OLD.status = 'failed' OR NEW.status = ANY (c_working || '{success,partial_success}'))
    THEN
        RAISE check_violation USING MESSAGE = format(
            'Import %s is %s, which is final: it cannot become %s. Import the file again instead.',
            OLD.id, OLD.status, NEW.status
        );
    END IF;

    IF NEW.status <> 'pending' THEN
        NEW.started_at := coalesce(NEW.started_at, clock_timestamp());
    END IF;
    IF NEW.status = ANY (c_working) THEN
        NEW.completed_at := NULL;
    ELSE
        NEW.completed_at := coalesce(NEW.completed_at, clock_timestamp());
    END IF;
    NEW.duration_seconds := round(extract(EPOCH FROM NEW.completed_at - NEW.started_at));
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.advance_csv_import() IS
'Trigger: what is final stays so (only failed can still be said of it), and the times are kept.';

CREATE TRIGGER csv_imports_advance
BEFORE INSERT OR UPDATE ON public.csv_imports
FOR EACH ROW EXECUTE FUNCTION public.advance_csv_import();

CREATE FUNCTION public.conserve_csv_import_records() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_all BIGINT;
    v_success BIGINT;
    v_failed BIGINT;
BEGIN
    -- Waits for those who are still writing records of this import (their foreign key holds a lock on it), and makes
    -- later ones wait: the count below sees every row.
    PERFORM 1 FROM public.csv_imports AS i WHERE i.id = NEW.id FOR UPDATE;

    SELECT
        count(*),
        count(*) FILTER (WHERE r.status IN ('valid', 'warning')),
        count(*) FILTER (WHERE r.status = 'error')
    INTO v_all, v_success, v_failed
    FROM public.csv_import_records AS r
    WHERE r.csv_import_id = NEW.id;

    IF (NEW.total_records_attempted, NEW.total_records_success, NEW.total_records_failed)
        IS DISTINCT FROM (v_all, v_success, v_failed)
    THEN
        RAISE check_violation USING MESSAGE = format(
            'Import %s cannot be %s: it says %s records attempted, %s success, %s failed, but csv_import_records has '
            '%s, %s valid or warning, %s error.',
            NEW.id, NEW.status, NEW.total_records_attempted, NEW.total_records_success, NEW.total_records_failed,
            v_all, v_success, v_failed
        );
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.conserve_csv_import_records() IS
'Trigger: an import is success or partial_success only while its counts are those of its records.';

CREATE TRIGGER csv_imports_conserve_records_on_insert
AFTER INSERT ON public.csv_imports
FOR EACH ROW WHEN (NEW.status IN ('success', 'partial_success'))
EXECUTE FUNCTION public.conserve_csv_import_records();

CREATE TRIGGER csv_imports_conserve_records_on_update
AFTER UPDATE ON public.csv_imports
FOR EACH ROW WHEN (
    NEW.status IN ('success', 'partial_success')
    AND (OLD.status, OLD.total_records_attempted, OLD.total_records_success, OLD.total_records_failed)
    IS DISTINCT FROM (NEW.status, NEW.total_records_attempted, NEW.total_records_success, NEW.total_records_failed)
)
EXECUTE FUNCTION public.conserve_csv_import_records();

CREATE FUNCTION public.keep_final_records() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
    v_imports UUID[];
    v_final RECORD;
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN
            SELECT array_agg(DISTINCT a.csv_import_id) INTO v_imports FROM after AS a;
        WHEN 'DELETE' THEN
            SELECT array_agg(DISTINCT b.csv_import_id) INTO v_imports FROM before AS b;
        WHEN 'UPDATE' THEN
            SELECT array_agg(DISTINCT touched.csv_import_id) INTO v_imports
            FROM before AS b
            FULL JOIN after AS a ON b.id = a.id
            CROSS JOIN LATERAL (VALUES (b.csv_import_id), (a.csv_import_id)) AS touched (csv_import_id)
            WHERE (b.csv_import_id, b.status) IS DISTINCT FROM (a.csv_import_id, a.status);
    END CASE;
    IF v_imports IS NULL THEN
        RETURN NULL;
    END IF;

    -- Waits for whoever is about to finish the import, and makes later ones wait until this transaction ends. The
    -- status is read after that, by a statement of its own. An import that is deleted with its records is gone.
    PERFORM 1 FROM public.csv_imports AS i WHERE i.id = ANY(v_imports) FOR KEY SHARE;
    SELECT i.id, i.status INTO v_final
    FROM public.csv_imports AS i
    WHERE i.id = ANY(v_imports) AND i.status IN ('success', 'partial_success')
    LIMIT 1;
    IF FOUND THEN
        RAISE check_violation USING MESSAGE = format(
            'Import %s is %s, which is final: its records do not come, go or change their status.',
            v_final.id, v_final.status
        );
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION public.keep_final_records() IS
'Trigger: no record comes to a finished import, leaves it or changes its status; other columns may be written. Once for
a statement, not for every row of a COPY.';

CREATE TRIGGER csv_import_records_keep_final_on_insert
AFTER INSERT ON public.csv_import_records
REFERENCING NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION public.keep_final_records();

CREATE TRIGGER csv_import_records_keep_final_on_update
AFTER UPDATE ON public.csv_import_records
REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION public.keep_final_records();

CREATE TRIGGER csv_import_records_keep_final_on_delete
AFTER DELETE ON public.csv_import_records
REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION public.keep_final_records();

-- Triggers: mapping, audit log and lineage ---------------------------------------------------------------------------

CREATE TRIGGER coperniq_field_mapping_set_updated_at
BEFORE UPDATE ON public.coperniq_field_mapping
FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE FUNCTION public.complete_sync_log() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    IF NEW.csv_import_id IS NOT NULL THEN
        SELECT i.contractor_config_id INTO NEW.contractor_config_id
        FROM public.csv_imports AS i
        WHERE i.id = NEW.csv_import_id;
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING MESSAGE = format('There is no import %s to log for.', NEW.csv_import_id);
        END IF;
    END IF;
    NEW.completed_at := coalesce(NEW.completed_at, clock_timestamp());
    NEW.started_at := coalesce(
        NEW.started_at, NEW.completed_at - coalesce(NEW.api_response_time_ms, 0) * INTERVAL '1 millisecond'
    );
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.complete_sync_log() IS
'Trigger: the contractor is that of the import; an operation ends now unless it says when, and began its time before.';

CREATE TRIGGER coperniq_sync_log_complete
BEFORE INSERT ON public.coperniq_sync_log
FOR EACH ROW EXECUTE FUNCTION public.complete_sync_log();

CREATE FUNCTION public.refuse_sync_log_update() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    RAISE insufficient_privilege USING
        MESSAGE = 'coperniq_sync_log is append-only: log another operation instead of changing this one.';
END;
$$;
COMMENT ON FUNCTION public.refuse_sync_log_update() IS 'Trigger: the audit log is not rewritten, by nobody.';

CREATE TRIGGER coperniq_sync_log_append_only
BEFORE UPDATE ON public.coperniq_sync_log
FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_sync_log_update();

CREATE TRIGGER data_lineage_set_updated_at
BEFORE UPDATE ON public.data_lineage
FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE FUNCTION public.attribute_data_lineage() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    SELECT coalesce(
        (
            SELECT i.contractor_config_id
            FROM public.csv_import_records AS r
            INNER JOIN public.csv_imports AS i ON r.csv_import_id = i.id
            WHERE r.id = NEW.csv_import_record_id
        ),
        (SELECT s.contractor_config_id FROM public.mep_form_submissions AS s WHERE s.id = NEW.form_submission_id)
    ) INTO NEW.contractor_config_id;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION public.attribute_data_lineage() IS
'Trigger: lineage that names no contractor belongs to that of its record, else of its form.';

CREATE TRIGGER data_lineage_attribute
BEFORE INSERT ON public.data_lineage
FOR EACH ROW WHEN (NEW.contractor_config_id IS NULL)
EXECUTE FUNCTION public.attribute_data_lineage();

-- Functions ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION public.create_csv_import(
    p_contractor_id UUID,
    p_import_name TEXT,
    p_coperniq_type TEXT,
    p_imported_by TEXT DEFAULT NULL,
    p_file_size_bytes INTEGER DEFAULT NULL,
    p_file_hash TEXT DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    v_id UUID;
    v_constraint TEXT;
BEGIN
    PERFORM public.require_contractor(p_contractor_id);
    INSERT INTO public.csv_imports (
        contractor_config_id, import_name, coperniq_type, imported_by, file_size_bytes, file_hash
    ) VALUES (
        p_contractor_id,
        p_import_name,
        p_coperniq_type,
        coalesce(p_imported_by, public.current_contractor_email()),
        p_file_size_bytes,
        p_file_hash
    ) RETURNING id INTO v_id;
    RETURN v_id;
EXCEPTION
    WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
        IF v_constraint <> 'csv_imports_one_per_file' THEN
            RAISE;
        END IF;
        SELECT i.id INTO v_id
        FROM public.csv_imports AS i
        WHERE i.contractor_config_id = p_contractor_id
            AND i.coperniq_type = p_coperniq_type
            AND i.file_hash = p_file_hash
            AND i.status <> 'failed';
        RAISE unique_violation USING
            CONSTRAINT = v_constraint,
            MESSAGE = format(
                'File %s was imported already as %s: see import %s. It may come again once that import failed.',
                p_import_name, p_coperniq_type, coalesce(v_id::text, 'in progress')
            );
END;
$$;
COMMENT ON FUNCTION public.create_csv_import(UUID, TEXT, TEXT, TEXT, INTEGER, TEXT) IS
'Begins an import and returns its id. The same file again raises unique_violation, unless its import failed.';

CREATE FUNCTION public.add_csv_import_record(
    p_import_id UUID,
    p_record_number INTEGER,
    p_record_data JSONB,
    p_status public.CSV_RECORD_STATUS DEFAULT 'valid',
    p_error_message TEXT DEFAULT NULL,
    p_invalid_fields TEXT[] DEFAULT NULL,
    p_missing_required_fields TEXT[] DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
    v_import RECORD;
    v_id UUID;
BEGIN
    SELECT i.contractor_config_id, i.coperniq_type INTO v_import
    FROM public.csv_imports AS i
    WHERE i.id = p_import_id;
    PERFORM public.require_contractor(v_import.contractor_config_id);
    IF v_import.contractor_config_id IS NULL THEN
        RAISE foreign_key_violation USING MESSAGE = format('There is no import %s.', coalesce(p_import_id::text, '(none)'));
    END IF;

    INSERT INTO public.csv_import_records (
        csv_import_id,
        record_number,
        record_data,
        record_key,
        status,
        error_message,
        invalid_fields,
        missing_required_fields,
        processed_at
    ) VALUES (
        p_import_id,
        p_record_number,
        p_record_data,
        public.coperniq_record_key(v_import.coperniq_type, p_record_data),
        p_status,
        p_error_message,
        p_invalid_fields,
        p_missing_required_fields,
        clock_timestamp()
    ) RETURNING id INTO v_id;
    RETURN v_id;
END;
$$;
COMMENT ON FUNCTION public.add_csv_import_record(
    UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
) IS
'Adds one record to an import that is not finished and returns its id; record_key by coperniq_record_key(). The counts
of the import are whoever finishes it to write.';

CREATE FUNCTION public.log_coperniq_sync(
    p_csv_import_id UUID,
    p_operation_type TEXT,
    p_entity_type TEXT,
    p_records_processed INTEGER,
    p_records_successful INTEGER,
    p_records_failed INTEGER,
    p_status TEXT,
    p_performed_by TEXT,
    p_transaction_id TEXT DEFAULT NULL,
    p_api_response_status INTEGER DEFAULT NULL,
    p_api_response_time_ms INTEGER DEFAULT NULL,
    p_api_error_code TEXT DEFAULT NULL,
    p_api_error_message TEXT DEFAULT NULL,
    p_started_at TIMESTAMPTZ DEFAULT NULL,
    p_completed_at TIMESTAMPTZ DEFAULT NULL,
    p_rollback_attempted BOOLEAN DEFAULT false,
    p_rollback_successful BOOLEAN DEFAULT false
) RETURNS UUID
LANGUAGE sql
SET search_path = ''
AS $$
    INSERT INTO public.coperniq_sync_log (
        csv_import_id,
        operation_type,
        entity_type,
        records_processed,
        records_successful,
        records_failed,
        status,
        performed_by,
        transaction_id,
        api_response_status,
        api_response_time_ms,
        api_error_code,
        api_error_message,
        started_at,
        completed_at,
        rollback_attempted,
        rollback_successful
    ) VALUES (
        p_csv_import_id,
        p_operation_type,
        p_entity_type,
        p_records_processed,
        p_records_successful,
        p_records_failed,
        p_status,
        p_performed_by,
        p_transaction_id,
        p_api_response_status,
        p_api_response_time_ms,
        p_api_error_code,
        p_api_error_message,
        p_started_at,
        p_completed_at,
        p_rollback_attempted,
        p_rollback_successful
    ) RETURNING id;
$$;
COMMENT ON FUNCTION public.log_coperniq_sync(
    UUID, TEXT, TEXT, INTEGER, INTEGER, INTEGER, TEXT, TEXT, TEXT, INTEGER, INTEGER, TEXT, TEXT,
    TIMESTAMPTZ, TIMESTAMPTZ, BOOLEAN, BOOLEAN
) IS
'Logs one operation on the wire to Coperniq for an import and returns the entry''s id.';

-- Views --------------------------------------------------------------------------------------------------------------
-- csv_import_summary is rebuilt by dbt with these columns, names and types.

CREATE VIEW public.csv_import_summary WITH (security_invoker = true) AS
SELECT
    i.id AS csv_import_id,
    i.contractor_config_id AS contractor_id,
    c.contractor_name,
    i.import_name,
    i.coperniq_type,
    i.status,
    i.total_records_attempted,
    i.total_records_success,
    i.total_records_failed,
    (100.0 * i.total_records_success / nullif(i.total_records_attempted, 0))::numeric(5, 2) AS success_rate,
    i.duration_seconds,
    i.coperniq_sync_status,
    i.coperniq_transaction_id,
    i.error_summary,
    i.file_size_bytes,
    i.file_hash,
    i.imported_by,
    i.created_at,
    i.started_at,
    i.completed_at
FROM public.csv_imports AS i
INNER JOIN public.mep_contractor_configs AS c ON i.contractor_config_id = c.id;
COMMENT ON VIEW public.csv_import_summary IS 'One row for each import, with its contractor.';
COMMENT ON COLUMN public.csv_import_summary.success_rate IS
'Per cent of the attempted records that are sendable, 0.00 to 100.00; NULL when nothing was attempted.';

CREATE VIEW public.coperniq_sync_history WITH (security_invoker = true) AS
SELECT
    l.id AS sync_log_id,
    l.csv_import_id,
    l.contractor_config_id AS contractor_id,
    c.contractor_name,
    i.import_name,
    l.operation_type,
    l.entity_type,
    l.records_processed,
    l.records_successful,
    l.records_failed,
    l.status,
    l.transaction_id,
    l.api_response_status,
    l.api_response_time_ms,
    l.api_error_code,
    l.api_error_message,
    l.rollback_attempted,
    l.rollback_successful,
    l.performed_by,
    l.started_at,
    l.completed_at
FROM public.coperniq_sync_log AS l
INNER JOIN public.mep_contractor_configs AS c ON l.contractor_config_id = c.id
LEFT JOIN public.csv_imports AS i ON l.csv_import_id = i.id;
COMMENT ON VIEW public.coperniq_sync_history IS
'One row for each operation on the wire to Coperniq, with its contractor and import.';

-- Row-level security -------------------------------------------------------------------------------------------------

ALTER TABLE public.csv_imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.csv_import_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.coperniq_field_mapping ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.csv_column_mapping ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.coperniq_sync_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.data_lineage ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Service role full access" ON public.csv_imports
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Contractor read own imports" ON public.csv_imports
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));

-- The policy of csv_imports decides which imports the sub-selects below see. They are evaluated once for a query.
CREATE POLICY "Service role full access" ON public.csv_import_records
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Contractor read own imports" ON public.csv_import_records
FOR SELECT TO authenticated
USING (csv_import_id IN (SELECT i.id FROM public.csv_imports AS i));

CREATE POLICY "Service role full access" ON public.csv_column_mapping
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Contractor read own imports" ON public.csv_column_mapping
FOR SELECT TO authenticated
USING (csv_import_id IN (SELECT i.id FROM public.csv_imports AS i));

CREATE POLICY "Service role full access" ON public.coperniq_field_mapping
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Public read" ON public.coperniq_field_mapping
FOR SELECT TO anon, authenticated USING (true);

CREATE POLICY "Service role full access" ON public.coperniq_sync_log
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Contractor read own logs" ON public.coperniq_sync_log
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));

CREATE POLICY "Service role full access" ON public.data_lineage
FOR ALL TO service_role USING (true) WITH CHECK (true);
CREATE POLICY "Contractor read own lineage" ON public.data_lineage
FOR SELECT TO authenticated
USING (contractor_config_id = ANY((SELECT public.current_contractor_ids())::uuid[]));

-- Grants: nobody but the service role writes a table; of the audit log it may only add to the end --------------------

REVOKE ALL ON
public.csv_imports, public.csv_import_records, public.coperniq_field_mapping, public.csv_column_mapping,
public.coperniq_sync_log, public.data_lineage, public.csv_import_summary, public.coperniq_sync_history
FROM PUBLIC, anon, authenticated, service_role;

GRANT SELECT ON public.coperniq_field_mapping TO anon;
GRANT SELECT ON
public.csv_imports, public.csv_import_records, public.coperniq_field_mapping, public.csv_column_mapping,
public.coperniq_sync_log, public.data_lineage, public.csv_import_summary, public.coperniq_sync_history
TO authenticated, service_role;
GRANT INSERT, UPDATE, DELETE ON
public.csv_imports, public.csv_import_records, public.coperniq_field_mapping, public.csv_column_mapping,
public.data_lineage
TO service_role;
GRANT INSERT ON public.coperniq_sync_log TO service_role;

REVOKE ALL ON FUNCTION
public.fold_case(TEXT),
public.normalise_key(TEXT),
public.normalise_phone(TEXT),
public.coperniq_key_part(JSONB, TEXT, TEXT),
public.coperniq_record_key(TEXT, JSONB),
public.advance_csv_import(),
public.conserve_csv_import_records(),
public.keep_final_records(),
public.complete_sync_log(),
public.refuse_sync_log_update(),
public.attribute_data_lineage(),
public.create_csv_import(UUID, TEXT, TEXT, TEXT, INTEGER, TEXT),
public.add_csv_import_record(UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]),
public.log_coperniq_sync(
    UUID, TEXT, TEXT, INTEGER, INTEGER, INTEGER, TEXT, TEXT, TEXT, INTEGER, INTEGER, TEXT, TEXT,
    TIMESTAMPTZ, TIMESTAMPTZ, BOOLEAN, BOOLEAN
)
FROM PUBLIC, anon, authenticated, service_role;

GRANT EXECUTE ON FUNCTION
public.fold_case(TEXT),
public.normalise_key(TEXT),
public.normalise_phone(TEXT),
public.coperniq_key_part(JSONB, TEXT, TEXT),
public.coperniq_record_key(TEXT, JSONB),
public.create_csv_import(UUID, TEXT, TEXT, TEXT, INTEGER, TEXT),
public.add_csv_import_record(UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[])
TO authenticated, service_role;
GRANT EXECUTE ON FUNCTION
public.log_coperniq_sync(
    UUID, TEXT, TEXT, INTEGER, INTEGER, INTEGER, TEXT, TEXT, TEXT, INTEGER, INTEGER, TEXT, TEXT,
    TIMESTAMPTZ, TIMESTAMPTZ, BOOLEAN, BOOLEAN
)
TO service_role;

-- Down Migration
-- DO $$ BEGIN
--     IF to_regclass('public.coperniq_records') IS NOT NULL THEN
--         RAISE 'Roll migration 004 back first: its tables refer to these.';
--     END IF;
-- END $$;
-- DROP VIEW IF EXISTS public.coperniq_sync_history, public.csv_import_summary;
-- DROP FUNCTION IF EXISTS public.log_coperniq_sync(
--     UUID, TEXT, TEXT, INTEGER, INTEGER, INTEGER, TEXT, TEXT, TEXT, INTEGER, INTEGER, TEXT, TEXT,
--     TIMESTAMPTZ, TIMESTAMPTZ, BOOLEAN, BOOLEAN
-- );
-- DROP FUNCTION IF EXISTS public.add_csv_import_record(
--     UUID, INTEGER, JSONB, public.csv_record_status, TEXT, TEXT[], TEXT[]
-- );
-- DROP FUNCTION IF EXISTS public.create_csv_import(UUID, TEXT, TEXT, TEXT, INTEGER, TEXT);
-- DROP TABLE IF EXISTS
-- public.data_lineage, public.coperniq_sync_log, public.csv_column_mapping, public.coperniq_field_mapping,
-- public.csv_import_records, public.csv_imports CASCADE;
-- DROP FUNCTION IF EXISTS public.attribute_data_lineage(), public.refuse_sync_log_update(), public.complete_sync_log();
-- DROP FUNCTION IF EXISTS
-- public.keep_final_records(), public.conserve_csv_import_records(), public.advance_csv_import();
-- DROP FUNCTION IF EXISTS public.coperniq_record_key(TEXT, JSONB), public.coperniq_key_part(JSONB, TEXT, TEXT);
-- DROP FUNCTION IF EXISTS public.normalise_phone(TEXT), public.normalise_key(TEXT), public.fold_case(TEXT);
-- DROP TYPE IF EXISTS public.csv_record_status, public.csv_import_status;
